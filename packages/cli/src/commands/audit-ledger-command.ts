import type { CommandSpec } from '../program/command-spec.ts';

export const auditLedgerCommand: CommandSpec = {
  path: 'audit ledger',
  summary: 'check that no line of the ledger was edited, removed, added or moved',
  notes: [
    'Checks the segments in FOREBAY_DATA_DIR against their chain of hashes, and against the ' +
      'newest hash that the store remembers (REDIS_URL, FOREBAY_NAMESPACE). Lines that stand in ' +
      'no segment yet are what "forebay audit money" looks at.',
    'Segments older than usage.keep are gone, which is no fault: dispatchers note in the store ' +
      'up to where they took them. Before that note, in a store of an earlier version, it says ' +
      'of how many shards nobody knows whether older segments are missing.',
    'Tags in segments that an earlier version wrote are not covered; it says how many these are.',
  ],
  group: 'local',
  arguments: [],
  options: [],
  examples: [{ command: 'forebay audit ledger', explains: 'every segment that is still kept' }],
  load: async () => (await import('./run-audit-ledger.ts')).runAuditLedger,
};
