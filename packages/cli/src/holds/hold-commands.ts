/** `forebay pause`, `drain`, `resume` and `breaker`: straight in the store. */
import type { CommandSpec, OptionSpec } from '../program/command-spec.ts';

const subject: readonly OptionSpec[] = [
  { name: 'model', value: 'name', description: 'a model of the configuration' },
  { name: 'tenant', value: 'name', description: 'a tenant, instead of a model' },
];

const note =
  'Reads REDIS_URL, FOREBAY_NAMESPACE and, for a model, FOREBAY_CONFIG, which must be the values ' +
  'that the api runs with. It is in the audit log.';

export const holdCommands: readonly CommandSpec[] = [
  {
    path: 'pause',
    summary: 'let a model or a tenant start no jobs; they wait',
    notes: [note, 'What runs goes on.'],
    group: 'local',
    arguments: [],
    options: subject,
    examples: [{ command: 'forebay pause --model gpt-mini', explains: 'its jobs wait' }],
    load: async () => (await import('./run-hold.ts')).runPause,
  },
  {
    path: 'drain',
    summary: 'let a model start no jobs and give them away, or take none of a tenant',
    notes: [
      note,
      'Jobs leave a drained model for another of their candidates; those without one wait. Of a ' +
        'drained tenant no new jobs are taken, and those that it has go on, paused or not.',
    ],
    group: 'local',
    arguments: [],
    options: subject,
    examples: [
      { command: 'forebay drain --model gpt-mini', explains: 'before it is taken out' },
      { command: 'forebay drain --tenant acme', explains: 'before it leaves' },
    ],
    load: async () => (await import('./run-hold.ts')).runDrain,
  },
  {
    path: 'resume',
    summary: 'end pause and drain of a model or a tenant',
    notes: [note],
    group: 'local',
    arguments: [],
    options: subject,
    examples: [{ command: 'forebay resume --model gpt-mini', explains: 'its jobs start again' }],
    load: async () => (await import('./run-hold.ts')).runResume,
  },
  {
    path: 'breaker',
    summary: 'open the breaker of a deployment by hand, or close it',
    notes: [
      'Reads REDIS_URL, FOREBAY_NAMESPACE and FOREBAY_CONFIG, which must be the values that the ' +
        'api runs with. It is in the audit log.',
      'Opened, no call starts there until the time is over; then one call tries. Closed with a ' +
        'time, failures do not open it until then.',
    ],
    group: 'local',
    arguments: [
      { name: 'deployment', description: 'such as gpt-mini/main', required: true },
      {
        name: 'state',
        description: 'how it is to be',
        required: true,
        choices: ['open', 'closed'],
      },
    ],
    options: [
      { name: 'for', value: 'duration', description: 'for so long; open: 30d when absent' },
      { name: 'why', value: 'text', description: 'up to 200 characters, shown to other operators' },
    ],
    examples: [
      { command: 'forebay breaker gpt-mini/main open --for 2h', explains: 'while it is upgraded' },
      { command: 'forebay breaker gpt-mini/main closed', explains: 'it is well again' },
    ],
    load: async () => (await import('./run-breaker.ts')).runBreaker,
  },
];
