import type { CommandSpec } from '../program/command-spec.ts';

export const auditMoneyCommand: CommandSpec = {
  path: 'audit money',
  summary: 'hold the counters of money against the ledger and the open jobs, and repair them',
  notes: [
    'Reads REDIS_URL and FOREBAY_NAMESPACE, which must be the values that the api runs with.',
    'A repair sets the counters to what they must be, lets stopped tenants take in jobs again, ' +
      'and is in the audit log. Ends with 1 if something is wrong and stays so.',
  ],
  group: 'local',
  arguments: [],
  options: [
    { name: 'tenant', value: 'name', description: 'only this one' },
    { name: 'repair', description: 'set what is wrong right' },
  ],
  examples: [
    { command: 'forebay audit money', explains: 'differences, and who is stopped' },
    { command: 'forebay audit money --repair --tenant acme', explains: 'set its counters right' },
  ],
  load: async () => (await import('./run-audit-money.ts')).runAuditMoney,
};
