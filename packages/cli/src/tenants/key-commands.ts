/** `forebay keys`: API keys of tenants, straight in the store. */
import { keyScopes } from '@forebay/shared/ports/key-store';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../program/command-spec.ts';
import { countOption, usdOption, weightOption } from './setting-options.ts';

const id: ArgumentSpec = {
  name: 'key-id',
  description: 'the public part of the key, its third part',
  required: true,
};

const tenant: OptionSpec = {
  name: 'tenant',
  value: 'name',
  description: 'whose key it is; needed',
};

const settings: readonly OptionSpec[] = [
  { name: 'label', value: 'text', description: 'what people call it' },
  {
    name: 'scope',
    value: 'scope',
    description: 'what it may do; all when none is given',
    choices: keyScopes,
    repeatable: true,
  },
  {
    name: 'expires-at',
    value: 'time',
    description: 'a time to come; from then on it opens nothing',
    expected: {
      pattern: /^(none|\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))$/,
      text: 'a time such as 2030-01-31T12:00:00Z, or none',
    },
  },
  {
    name: 'model',
    value: 'name',
    description: 'a model or route that it may name; any for all',
    repeatable: true,
  },
  {
    name: 'prefer',
    value: 'model',
    description: 'a model that its jobs would rather have; none for no such',
    repeatable: true,
  },
  {
    name: 'avoid',
    value: 'model',
    description: 'a model that its jobs would rather not have; none for no such',
    repeatable: true,
  },
  weightOption('weight', 'how much a part of the score counts for its jobs of routes'),
  {
    name: 'most-urgent',
    value: 'priority',
    description: 'the most urgent priority that it may give; 0 for any',
    expected: { pattern: /^\d$/, text: '0 to 9' },
  },
  usdOption('default-ceiling', 'ceiling of jobs that name none'),
  usdOption('max-ceiling', 'the highest ceiling that a job may ask for'),
  {
    name: 'cidr',
    value: 'network',
    description: 'a network that it may be used from, such as 203.0.113.0/24; any for all',
    repeatable: true,
  },
  countOption('requests-per-minute', 'requests within any minute'),
  countOption('max-queued', 'jobs that may wait at once'),
  countOption('max-in-flight', 'jobs that may run at once'),
  {
    name: 'accept-late',
    value: 'answer',
    description: 'whether its jobs are taken in although they will be late; none as configured',
    choices: ['yes', 'no', 'none'],
  },
];

const storeNote =
  'Reads REDIS_URL, FOREBAY_NAMESPACE and, for a new key, FOREBAY_KEY_PEPPER, which must be the ' +
  'values that the api runs with. What is changed holds within five seconds.';

const shownOnce = 'The key goes to standard output alone; it is shown this once.';

export const keyCommands: readonly CommandSpec[] = [
  {
    path: 'keys list',
    summary: 'list the API keys of a tenant, oldest first',
    notes: [storeNote, '--json writes one key per line. No key is shown, only its id.'],
    group: 'local',
    arguments: [],
    options: [tenant],
    examples: [{ command: 'forebay keys list --tenant acme', explains: 'with their last use' }],
    load: async () => (await import('./run-keys.ts')).runKeysList,
  },
  {
    path: 'keys create',
    summary: 'make an API key of a tenant and print it, this once',
    notes: [storeNote, shownOnce],
    group: 'local',
    arguments: [],
    options: [
      tenant,
      {
        name: 'environment',
        value: 'name',
        description: 'stands in the key, for people; live when not given',
        expected: { pattern: /^[a-z0-9]{1,12}$/, text: '1 to 12 lower-case letters and digits' },
      },
      ...settings,
    ],
    examples: [
      { command: 'forebay keys create --tenant acme', explains: 'a key that may do everything' },
      {
        command:
          'forebay keys create --tenant acme --label nightly --model auto --most-urgent 7 ' +
          '--max-ceiling 0.50 --cidr 203.0.113.0/24 --quiet > key.txt',
        explains: 'one for a batch machine, into a file',
      },
    ],
    load: async () => (await import('./run-keys.ts')).runKeysCreate,
  },
  {
    path: 'keys update',
    summary: 'change settings of an API key',
    notes: [storeNote, 'The words none and any take a setting away; what is not given stays.'],
    group: 'local',
    arguments: [id],
    options: settings,
    examples: [
      {
        command: 'forebay keys update 4T9bQ2cWm1Xz --requests-per-minute 600 --max-queued 50000',
        explains: 'limits for a busy key',
      },
    ],
    load: async () => (await import('./run-keys.ts')).runKeysUpdate,
  },
  {
    path: 'keys revoke',
    summary: 'end an API key for good',
    notes: [storeNote, 'Jobs that it submitted go on.'],
    group: 'local',
    arguments: [id],
    options: [],
    examples: [{ command: 'forebay keys revoke 4T9bQ2cWm1Xz', explains: 'it has leaked' }],
    load: async () => (await import('./run-keys.ts')).runKeysRevoke,
  },
  {
    path: 'keys rotate',
    summary: 'make a key with the same settings and let the old one end later',
    notes: [
      storeNote,
      shownOnce,
      'A key that was replaced is refused while the one in its place lives: rotate that one.',
    ],
    group: 'local',
    arguments: [id],
    options: [
      {
        name: 'overlap',
        value: 'duration',
        description: 'how long the old key goes on; 24h when not given, at most 30d',
        expected: { pattern: /^\d{1,9}(ms|s|m|h|d)$/, text: 'a duration such as 30m, 24h or 7d' },
      },
    ],
    examples: [
      {
        command: 'forebay keys rotate 4T9bQ2cWm1Xz --overlap 7d --quiet > key.txt',
        explains: 'both keys work for a week',
      },
    ],
    load: async () => (await import('./run-keys.ts')).runKeysRotate,
  },
];
