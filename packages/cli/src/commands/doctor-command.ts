import type { CommandSpec } from '../program/command-spec.ts';

export const doctorCommand: CommandSpec = {
  path: 'doctor',
  summary: 'check an installation, and say how to put right what is wrong',
  notes: [
    'Looks at Node, the environment, the configuration, Redis (version, eviction, persistence, ' +
      'clock), who pays for shadows, the data folder, the secrets, the api and the key, with the ' +
      'same variables as the processes. Changes nothing. The exit code is 1 when something is ' +
      'wrong, not for a warning.',
  ],
  group: 'caller',
  arguments: [],
  options: [
    {
      name: 'only',
      value: 'part',
      description: 'what a machine that only calls needs, or what one that serves needs',
      choices: ['caller', 'installation'],
    },
  ],
  examples: [
    { command: 'forebay doctor', explains: 'where the processes run, with their environment' },
    { command: 'forebay doctor --only caller', explains: 'where jobs come from' },
    {
      command: 'forebay doctor --json | jq \'.checks[] | select(.status == "wrong")\'',
      explains: 'only what is wrong, for a program',
    },
  ],
  load: async () => (await import('./run-doctor.ts')).runDoctor,
};
