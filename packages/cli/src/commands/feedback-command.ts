import type { CommandSpec } from '../program/command-spec.ts';

export const feedbackCommand: CommandSpec = {
  path: 'feedback',
  summary: "say how good jobs' answers were",
  notes: [
    'Later jobs of the tenant go rather to models that were found good. See docs/learning.md.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'jobs', required: true, variadic: true }],
  options: [
    {
      name: 'score',
      value: 'number',
      description: 'from 0 (useless) to 1 (perfect)',
      expected: { pattern: /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, text: 'a number from 0 to 1' },
    },
    { name: 'comment', value: 'text', description: 'why; kept with the job' },
    { name: 'user', value: 'name', description: 'who says it; none: the user of the job' },
  ],
  examples: [
    {
      command: 'forebay feedback job_01m82yqdy9f23sshx43senkmht --score 0.9',
      explains: 'praise an answer',
    },
  ],
  load: async () => (await import('./run-feedback.ts')).runFeedback,
};
