import type { CommandSpec } from '../program/command-spec.ts';

export const configValidateCommand: CommandSpec = {
  path: 'config validate',
  summary: 'check a configuration file as a starting process would',
  notes: [
    'Every problem is one line with file, line and column. The exit code is 2 when there is one. ' +
      'Variables in the file are read from the environment.',
  ],
  group: 'local',
  arguments: [
    { name: 'file', description: 'the configuration', required: true, completes: 'file' },
  ],
  options: [],
  examples: [
    { command: 'forebay config validate forebay.yaml', explains: 'before a restart or a reload' },
    {
      command: "forebay config validate forebay.yaml --json | jq -r '.problems[].path'",
      explains: 'where the problems are, for a program',
    },
  ],
  load: async () => (await import('./run-config-validate.ts')).runConfigValidate,
};
