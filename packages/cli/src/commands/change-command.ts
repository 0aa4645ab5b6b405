import type { CommandSpec } from '../program/command-spec.ts';
import { changeOptions } from '../requests/request-options.ts';

export const changeCommand: CommandSpec = {
  path: 'change',
  summary: 'change jobs that have not ended',
  notes: ['A job that waits takes its place anew; one that runs goes on. See docs/api.md.'],
  group: 'caller',
  arguments: [{ name: 'id', description: 'jobs', required: true, variadic: true }],
  options: changeOptions,
  examples: [
    {
      command: 'forebay change job_01m82yqdy9f23sshx43senkmht --priority urgent',
      explains: 'let a job go first',
    },
  ],
  load: async () => (await import('./run-change.ts')).runChange,
};
