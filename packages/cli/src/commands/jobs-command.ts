import type { CommandSpec } from '../program/command-spec.ts';

const statuses = [
  'scheduled',
  'queued',
  'running',
  'cancelling',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
];

const time = { pattern: /^\d{4}-\d\d-\d\dT\S+$/, text: 'a time such as 2030-01-31T12:00:00Z' };

export const jobsCommand: CommandSpec = {
  path: 'jobs',
  summary: 'list jobs, newest first, or show one',
  notes: ['--json writes one job per line.'],
  group: 'caller',
  arguments: [{ name: 'id', description: 'show this job', required: false }],
  options: [
    { name: 'status', value: 'status', description: 'only these', choices: statuses },
    { name: 'model', value: 'name', description: 'only those on this model' },
    { name: 'batch', value: 'id', description: 'only those of this bulk submission' },
    { name: 'after', value: 'time', description: 'only those made after', expected: time },
    { name: 'before', value: 'time', description: 'only those made before', expected: time },
    {
      name: 'limit',
      value: 'count',
      description: 'at most so many; 20 when not given',
      expected: { pattern: /^[1-9]\d{0,5}$/, text: 'a whole number above 0' },
    },
    { name: 'all', description: 'all that fit' },
  ],
  examples: [
    { command: 'forebay jobs --status failed --limit 5', explains: 'the last failures' },
    { command: 'forebay jobs job_01m82yqdy9f23sshx43senkmht', explains: 'one job in full' },
    {
      command: "forebay jobs --batch bulk_… --all --json | jq -s 'map(.cost.spent|tonumber)|add'",
      explains: 'what a batch has cost so far',
    },
  ],
  load: async () => (await import('./run-jobs.ts')).runJobs,
};
