import type { CommandSpec } from '../program/command-spec.ts';
import { reportTime } from './usage-command.ts';

export const analyticsCommand: CommandSpec = {
  path: 'analytics',
  summary: 'tell of latency, errors, moves and savings over time',
  notes: [
    'Below the table: why jobs moved, and what answers were of no use. --json writes the whole ' +
      'report with all percentiles, see docs/usage.md.',
  ],
  group: 'caller',
  arguments: [],
  options: [
    { name: 'by', value: 'groups', description: 'model, deployment, or both with a comma' },
    { name: 'hourly', description: 'hour by hour, rather than day by day' },
    { name: 'model', value: 'names', description: 'only these, with commas' },
    { name: 'from', value: 'time', description: '30 days back when not given', ...reportTime },
    { name: 'to', value: 'time', description: 'now when not given', ...reportTime },
  ],
  examples: [
    { command: 'forebay analytics --by model', explains: 'how each model fared, day by day' },
    {
      command: 'forebay analytics --json | jq .total.promotions',
      explains: 'what urgent jobs were moved for',
    },
  ],
  load: async () => (await import('./run-analytics.ts')).runAnalytics,
};
