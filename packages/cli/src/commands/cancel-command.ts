import type { CommandSpec } from '../program/command-spec.ts';

export const cancelCommand: CommandSpec = {
  path: 'cancel',
  summary: 'cancel jobs',
  notes: [
    'A job that ran is "cancelling" until its worker has let go. The exit code is 1 when one had ' +
      'ended otherwise before.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'jobs', required: true, variadic: true }],
  options: [],
  examples: [
    { command: 'forebay cancel job_01m82yqdy9f23sshx43senkmht', explains: 'cancel one job' },
    {
      command:
        "forebay cancel $(forebay jobs --status queued --batch bulk_… --all --json | jq -r '.id')",
      explains: 'cancel what still waits of a batch',
    },
  ],
  load: async () => (await import('./run-cancel.ts')).runCancel,
};
