import type { CommandSpec } from '../program/command-spec.ts';

export const auditListCommand: CommandSpec = {
  path: 'audit list',
  summary: 'list what operators did, newest first',
  notes: [
    'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with.',
  ],
  group: 'local',
  arguments: [],
  options: [
    {
      name: 'limit',
      value: 'number',
      description: 'lines to show (default 20)',
      expected: { pattern: /^[1-9]\d{0,3}$/, text: 'a whole number from 1 to 9999' },
    },
  ],
  examples: [
    { command: 'forebay audit list', explains: 'the newest twenty lines' },
    {
      command: 'forebay audit list --limit 500 --json > audit.jsonl',
      explains: 'five hundred lines as JSON, one each',
    },
  ],
  load: async () => (await import('./run-audit-list.ts')).runAuditList,
};
