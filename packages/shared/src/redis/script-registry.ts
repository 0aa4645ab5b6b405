/** The scripts and how many keys each takes; a test compares the counts with the headers. */
export const scriptKeyCounts = {
  admit: 5,
  feed: 4,
  claim: 5,
  renew: 2,
  settle: 6,
  reassign: 4,
  cancel: 5,
  postpone: 1,
  'due-hasten': 1,
  'lane-offer': 2,
  'lane-take': 4,
  'lane-withdraw': 1,
  'lane-place': 1,
  'lane-pause': 1,
  'lane-stop': 1,
  'lane-live': 5,
  'lane-stale': 1,
  'lane-waiting': 1,
  'permit-acquire': 4,
  'permit-release': 4,
  'outbox-take': 2,
  'outbox-record': 5,
  'shard-figures': 3,
  'lane-figures': 5,
} as const;

export type ScriptName = keyof typeof scriptKeyCounts;
