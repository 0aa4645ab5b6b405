import type { CommandSpec } from '../program/command-spec.ts';

export const explainCommand: CommandSpec = {
  path: 'explain',
  summary: 'show why a job went where it went',
  notes: [
    'Shows the plan by which its model was chosen, with the parts of each score (0 is the best ' +
      'model of the plan, 1 the worst), the models that were left out with what they would ' +
      'probably have cost and taken, and why each attempt was made. A job that moves is planned ' +
      'again; the plan is then the newest one.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'the job', required: true }],
  options: [],
  examples: [
    {
      command: 'forebay explain job_01m82yqdy9f23sshx43senkmht',
      explains: 'why this model, and why not another one',
    },
    {
      command: 'forebay explain job_01m82yqdy9f23sshx43senkmht --json | jq .route.candidates[0]',
      explains: 'the first choice, for a program',
    },
  ],
  load: async () => (await import('./run-explain.ts')).runExplain,
};
