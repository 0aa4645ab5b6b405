import type { CommandSpec } from '../program/command-spec.ts';
import { retryOptions } from '../requests/request-options.ts';

export const retryCommand: CommandSpec = {
  path: 'retry',
  summary: 'try ended jobs again, as new ones',
  notes: [
    'For jobs that failed, expired or were cancelled. Prints the ids of the new jobs; options ' +
      'say what they are to do otherwise. Any wish about routing takes the place of all that the ' +
      'first job had.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'jobs', required: true, variadic: true }],
  options: retryOptions,
  examples: [
    {
      command: 'forebay retry job_01m82yqdy9f23sshx43senkmht --model economy --max-cost 0.05',
      explains: 'try a job again on another model',
    },
    {
      command:
        "forebay retry $(forebay jobs --status failed --batch bulk_… --all --json | jq -r '.id')",
      explains: 'try again what failed of a batch',
    },
  ],
  load: async () => (await import('./run-retry.ts')).runRetry,
};
