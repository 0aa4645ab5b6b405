import type { CommandSpec } from '../program/command-spec.ts';

export const estimateCommand: CommandSpec = {
  path: 'estimate',
  summary: 'show what a file of jobs would cost, and every line that would be refused',
  notes: [
    'Nothing is submitted and no provider is called. Shows the cost if each line goes to its ' +
      'first candidate, and what each model would cost for the lines that it could take. "at ' +
      'most" is what would be reserved; no job costs more in one attempt.',
    '--json writes one line for each job and a summary. The exit code is 1 when a line would be ' +
      'refused.',
  ],
  group: 'caller',
  arguments: [
    {
      name: 'file',
      description: 'jobs as for POST /v1/jobs, one a line; - is standard input',
      required: true,
      completes: 'file',
    },
  ],
  options: [],
  examples: [
    {
      command: 'forebay estimate jobs.jsonl',
      explains: 'look at the cost before a file is submitted with "forebay bulk"',
    },
    {
      command: 'forebay estimate jobs.jsonl --json > estimate.jsonl',
      explains: 'keep the estimate of each line',
    },
  ],
  load: async () => (await import('./run-estimate.ts')).runEstimate,
};
