/** `forebay tenants`: what an operator decides about tenants, straight in the store. */
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../program/command-spec.ts';
import { countOption, usdOption } from './setting-options.ts';

const id: ArgumentSpec = {
  name: 'tenant',
  description: 'its name in keys and jobs',
  required: true,
};

const settings: readonly OptionSpec[] = [
  { name: 'name', value: 'text', description: 'what people call it' },
  usdOption('default-ceiling', 'ceiling of jobs that name none, nor their key'),
  usdOption('max-ceiling', 'the highest ceiling that a job may ask for'),
  {
    name: 'brownout',
    value: 'percent',
    description: 'prefer cheaper models once less of a budget is left',
    expected: { pattern: /^(none|[1-9]\d?|100)$/, text: '1 to 100, or none' },
  },
  countOption('max-in-flight', 'jobs that may run at once'),
];

const storeNote =
  'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with. What ' +
  'is changed holds within five seconds.';

export const tenantCommands: readonly CommandSpec[] = [
  {
    path: 'tenants list',
    summary: 'list the tenants',
    notes: [storeNote, '--json writes one tenant per line.'],
    group: 'local',
    arguments: [],
    options: [],
    examples: [{ command: 'forebay tenants list', explains: 'who has keys here' }],
    load: async () => (await import('./run-tenants.ts')).runTenantsList,
  },
  {
    path: 'tenants show',
    summary: 'show one tenant',
    notes: [storeNote],
    group: 'local',
    arguments: [id],
    options: [],
    examples: [{ command: 'forebay tenants show acme --json', explains: 'its settings' }],
    load: async () => (await import('./run-tenants.ts')).runTenantsShow,
  },
  {
    path: 'tenants create',
    summary: 'make a tenant',
    notes: [storeNote, 'The first key of a tenant makes it as well, without any setting.'],
    group: 'local',
    arguments: [id],
    options: settings,
    examples: [
      {
        command: 'forebay tenants create acme --name "Acme Ltd" --max-ceiling 5',
        explains: 'a tenant whose jobs may cost 5 dollars each at most',
      },
    ],
    load: async () => (await import('./run-tenants.ts')).runTenantsCreate,
  },
  {
    path: 'tenants update',
    summary: 'change settings of a tenant',
    notes: [storeNote, 'The word none takes a setting away; what is not given stays.'],
    group: 'local',
    arguments: [id],
    options: settings,
    examples: [
      {
        command: 'forebay tenants update acme --max-in-flight 20 --brownout 10',
        explains: 'at most 20 of its jobs run at once, and cheaply when money runs short',
      },
    ],
    load: async () => (await import('./run-tenants.ts')).runTenantsUpdate,
  },
  {
    path: 'tenants suspend',
    summary: 'take no more jobs of a tenant and start none that waits',
    notes: [storeNote, 'Jobs that run go on; its keys still read, cancel and download.'],
    group: 'local',
    arguments: [id],
    options: [],
    examples: [{ command: 'forebay tenants suspend acme', explains: 'until its bill is paid' }],
    load: async () => (await import('./run-tenants.ts')).runTenantsSuspend,
  },
  {
    path: 'tenants resume',
    summary: 'end a suspension or a pause of a tenant',
    notes: [storeNote],
    group: 'local',
    arguments: [id],
    options: [],
    examples: [{ command: 'forebay tenants resume acme', explains: 'its jobs go on' }],
    load: async () => (await import('./run-tenants.ts')).runTenantsResume,
  },
];
