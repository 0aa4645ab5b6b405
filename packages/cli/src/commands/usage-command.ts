import type { CommandSpec } from '../program/command-spec.ts';

/** Of options that say from when to when. */
export const reportTime = {
  expected: {
    pattern: /^\d{4}-\d\d-\d\d(T\S+)?$/,
    text: 'a day such as 2030-01-31, or a time such as 2030-01-31T12:00:00Z',
  },
};

export const usageCommand: CommandSpec = {
  path: 'usage',
  summary: 'sum up jobs, tokens and cost',
  notes: [
    'Groups are day, hour, model, deployment, tag, user, batch, state, key, and metadata.KEY for ' +
      'keys that the configuration declares.',
    '--json writes one group per line.',
  ],
  group: 'caller',
  arguments: [],
  options: [
    { name: 'by', value: 'groups', description: 'with commas; day when not given' },
    { name: 'from', value: 'time', description: '30 days back when not given', ...reportTime },
    { name: 'to', value: 'time', description: 'now when not given', ...reportTime },
    {
      name: 'where',
      value: 'filter',
      description: 'only these, as model=gpt-mini,gpt-large or user=ann',
      repeatable: true,
      expected: { pattern: /^[^=]+=.*$/s, text: 'a group, = and one text or several with commas' },
    },
    { name: 'csv', description: 'as comma-separated values' },
  ],
  examples: [
    { command: 'forebay usage', explains: 'the last 30 days, day by day' },
    { command: 'forebay usage --by model,user --from 2030-01-01', explains: 'who uses what' },
    { command: 'forebay usage --by day,metadata.team --csv > usage.csv', explains: 'for a sheet' },
  ],
  load: async () => (await import('./run-usage.ts')).runUsage,
};
