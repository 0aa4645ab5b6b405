import type { CommandSpec } from '../program/command-spec.ts';

export const qualityCommand: CommandSpec = {
  path: 'quality',
  summary: 'show what was learned of models',
  notes: [
    'From what people said of answers, and from answers that were of no use; see docs/feedback.md.',
  ],
  group: 'caller',
  arguments: [],
  options: [
    { name: 'user', value: 'name', description: 'as for jobs of this user; none: of the tenant' },
  ],
  examples: [
    { command: 'forebay quality', explains: 'by kind of task, the best model first' },
    { command: 'forebay quality --user ann', explains: 'what plans for ann go by' },
  ],
  load: async () => (await import('./run-quality.ts')).runQuality,
};
