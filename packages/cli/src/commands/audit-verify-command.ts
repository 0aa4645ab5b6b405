import type { CommandSpec } from '../program/command-spec.ts';

export const auditVerifyCommand: CommandSpec = {
  path: 'audit verify',
  summary: 'check that no line of the audit log was edited, removed, added or moved',
  notes: [
    'Checks an exported file, or the log in the store (REDIS_URL, FOREBAY_NAMESPACE).',
    'Note the hash that it prints and give it with --head the next time: only so does it show ' +
      'that the newest lines were cut off, or that the whole log was made anew.',
  ],
  group: 'local',
  arguments: [
    {
      name: 'file',
      description: 'what GET /admin/v1/audit/export gave; absent: the log in the store',
      required: false,
      completes: 'file',
    },
  ],
  options: [
    {
      name: 'head',
      value: 'hash',
      description: 'a hash that an earlier check printed, which the log must still have',
      expected: { pattern: /^[0-9a-f]{64}$/, text: '64 hexadecimal digits' },
    },
  ],
  examples: [
    { command: 'forebay audit verify', explains: 'the log in the store' },
    { command: 'forebay audit verify audit.jsonl', explains: 'an exported file' },
  ],
  load: async () => (await import('./run-audit-verify.ts')).runAuditVerify,
};
