import type { CommandSpec } from '../program/command-spec.ts';

export const watchCommand: CommandSpec = {
  path: 'watch',
  summary: 'follow one job until it ends',
  notes: [
    'The answer goes to standard output, in pieces as they come if the job was submitted with ' +
      '--stream; changes of the job go to standard error. --json writes every event as one ' +
      'line. The exit code is 1 unless the job ' +
      'succeeded.',
  ],
  group: 'caller',
  arguments: [{ name: 'id', description: 'the job', required: true }],
  options: [
    { name: 'after', value: 'event', description: 'only events after this one, by its id' },
  ],
  examples: [
    { command: 'forebay watch job_01m82yqdy9f23sshx43senkmht', explains: 'see it run' },
    {
      command: 'forebay watch $(forebay submit "Tell a story." --model auto --stream)',
      explains: 'submit and follow',
    },
  ],
  load: async () => (await import('./run-watch.ts')).runWatch,
};
