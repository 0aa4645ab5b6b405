import type { ServerFacts } from '@forebay/shared/redis/inspect-store';
import { expect, test } from 'vitest';
import { judgeEviction, judgePersistence, judgeSkew, judgeVersion } from './check-store.ts';

const healthy: ServerFacts = {
  name: 'port 6379',
  version: '7.0.15',
  isValkey: false,
  evictionPolicy: 'noeviction',
  appendsToDisk: true,
  appendFsync: 'everysec',
  nowMs: 1_000_000,
};

const judgeAll = (facts: ServerFacts): readonly string[] =>
  [judgeVersion(facts), judgeEviction(facts), judgePersistence(facts), judgeSkew(facts, 1_000_000)]
    .filter(({ status }) => status === 'wrong')
    .map(({ detail }) => detail);

test('a healthy server has nothing wrong', () => {
  expect(judgeAll(healthy)).toEqual([]);
  expect(judgeAll({ ...healthy, version: '6.2.0', appendFsync: undefined })).toEqual([]);
  expect(judgeAll({ ...healthy, version: '8.0.1', isValkey: true })).toEqual([]);
});

test.each([
  [{ version: '6.0.20' }, /Redis 6\.0\.20/],
  [{ evictionPolicy: 'allkeys-lru' }, /delete jobs.*allkeys-lru/],
  [{ appendsToDisk: false }, /restart loses/],
  [{ appendFsync: 'no' }, /power cut loses/],
  [{ nowMs: 994_000 }, /6\.0 s apart/],
])('%j is found', (change, message) => {
  expect(judgeAll({ ...healthy, ...change })).toEqual([expect.stringMatching(message)]);
});
