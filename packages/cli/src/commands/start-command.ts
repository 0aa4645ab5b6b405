import type { CommandSpec } from '../program/command-spec.ts';

export const startCommand: CommandSpec = {
  path: 'start',
  summary: 'run everything on this machine: Redis, a simulated provider, the api and two workers',
  notes: [
    'Runs a tour of jobs, then keeps serving; Ctrl-C drains and ends. "npm start" calls this. ' +
      'Environment: PORT and ADMIN_PORT (free ones when unset), REDIS_URL (a server of its own ' +
      'when unset), FOREBAY_DATA_DIR.',
  ],
  group: 'server',
  arguments: [],
  options: [
    { name: 'once', description: 'end after the tour; exit code 0 when all went as expected' },
    { name: 'no-tour', description: 'only serve' },
    {
      name: 'config',
      value: 'file',
      description: 'serve your own configuration, without simulator and tour',
      completes: 'file',
    },
  ],
  examples: [
    { command: 'npm start', explains: 'see it work' },
    { command: 'npm start -- --once', explains: 'only the tour, and its exit code' },
    { command: 'npm start -- --config forebay.yaml', explains: 'serve your own models' },
  ],
  load: async () => (await import('../run-start.ts')).runStart,
};
