import type { CommandSpec } from '../program/command-spec.ts';

export const spendCommand: CommandSpec = {
  path: 'spend',
  summary: 'show what a job has cost, attempt by attempt, as a signed certificate',
  notes: [
    '--json writes the certificate as it was signed: keep it, and verify it later without the API.',
    'Ends with 1 if --verify finds it wrong.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'the job', required: true }],
  options: [
    {
      name: 'verify',
      description: 'check signature and sums with the keys that the API publishes',
    },
  ],
  examples: [
    { command: 'forebay spend job_01m82yqdy9f23sshx43senkmht --verify', explains: 'and check it' },
    {
      command: 'forebay spend job_01m82yqdy9f23sshx43senkmht --json > spend.json',
      explains: 'keep the certificate',
    },
  ],
  load: async () => (await import('./run-spend.ts')).runSpend,
};
