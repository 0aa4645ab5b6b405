import type { CommandSpec } from '../program/command-spec.ts';

export const bulkCommand: CommandSpec = {
  path: 'bulk',
  summary: 'submit many jobs, one JSON object a line',
  notes: [
    'Lines are sent while they are read, whatever the size of the file. A broken connection is ' +
      'resumed without making a job twice. To go on after this command itself was ended, run it ' +
      'again with the --batch-key that it named: lines that were accepted are then known. A line ' +
      'without a custom_id gets "line-<number>". Lines are numbered as an editor shows them.',
    'Ends with a table. --json writes one line for each answer, one for each end under ' +
      '--wait, and ' +
      'a summary. The exit code is 1 when a line was rejected or, under --wait, a job did not ' +
      'succeed.',
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
  options: [
    {
      name: 'on-error',
      value: 'mode',
      description: 'what a wrong line does; reject_line when not given',
      choices: ['reject_line', 'abort', 'atomic'],
    },
    {
      name: 'max-cost',
      value: 'usd',
      description: 'what all jobs may cost together, such as 25 or 0.5',
    },
    {
      name: 'batch-key',
      value: 'text',
      description: 'the same lines under the same key make no second job',
    },
    { name: 'wait', description: 'wait until every job has ended, and count the cost' },
    {
      name: 'results',
      value: 'file',
      description: 'write each ended job to this file, one a line; implies --wait',
      completes: 'file',
    },
  ],
  examples: [
    {
      command: 'forebay bulk jobs.jsonl --results results.jsonl',
      explains: 'run a file of jobs and keep the answers',
    },
    {
      command: 'make-jobs | forebay bulk - --on-error abort --json > replies.jsonl',
      explains: 'submit what a program makes, and stop at the first wrong line',
    },
    {
      command: 'forebay bulk jobs.jsonl --batch-key nightly-2030-01-31 --wait',
      explains: 'may be run again after a crash: no job is made twice',
    },
  ],
  load: async () => (await import('./run-bulk.ts')).runBulk,
};
