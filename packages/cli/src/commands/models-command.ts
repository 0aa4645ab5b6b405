import type { CommandSpec } from '../program/command-spec.ts';

export const modelsCommand: CommandSpec = {
  path: 'models',
  summary: 'list models and routes',
  group: 'caller',
  arguments: [],
  options: [],
  examples: [
    { command: 'forebay models', explains: 'what --model can be' },
    { command: "forebay models --json | jq -r '.[].id'", explains: 'only the names' },
  ],
  load: async () => (await import('./run-models.ts')).runModels,
};
