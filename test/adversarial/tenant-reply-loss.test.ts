/**
 * Replies of the scripts of tenants and keys get lost, and the client sends the calls again. Each
 * change must be made once, and each request counted once.
 */
import { newJobId } from '@forebay/shared/domain/ids';
import type { ScriptName } from '@forebay/shared/redis/script-registry';
import { loadScript } from '@forebay/shared/redis/script-runner';
import { systemClock } from '@forebay/shared/runtime/clock';
import { changeKey, createKey, revokeKey } from '@forebay/shared/tenants/manage-keys';
import { changeTenant } from '@forebay/shared/tenants/manage-tenants';
import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { seededLoss, startTcpProxy } from '../support/tcp-proxy.ts';

const redis = useRedis();
const seed = 20_263;
const rounds = 8;

function isCallOf(script: ScriptName): (words: readonly string[]) => boolean {
  const { digest } = loadScript(script);
  return ([command, first = '']) =>
    (command === 'EVALSHA' && first === digest) ||
    (command === 'EVAL' && first.startsWith(`-- ${script}: `));
}

test('losing replies of quality-judge counts no word twice', async () => {
  const proxy = await startTcpProxy(redis().port);
  const { quality } = await useStore(proxy.url);
  proxy.loseReplies(seededLoss(seed, 0.4, isCallOf('quality-judge')));
  const judgement = {
    tenant: testTenant,
    comment: undefined,
    model: 'alpha',
    task: 'chat',
  } as const;
  for (let round = 0; round < 20; round += 1) {
    const [first, second] = [0.1, 0.6].map((score) => ({ ...judgement, user: 'ann', score }));
    const id = newJobId();
    for (const word of [first, second]) if (word) await quality.judge({ ...word, id });
  }
  expect(proxy.lost.length).toBeGreaterThan(0);
  for (const [sum] of [await quality.sums(testTenant), await quality.sums(testTenant, 'ann')]) {
    expect(sum?.count).toBeCloseTo(20, 2);
    expect(sum?.scores).toBeCloseTo(12, 2);
  }
});

test('losing replies of quality-import counts no file twice', async () => {
  const proxy = await startTcpProxy(redis().port);
  const { quality, outcomeImports } = await useStore(proxy.url);
  proxy.loseReplies(seededLoss(seed, 0.4, isCallOf('quality-import')));
  const sums = [{ model: 'alpha', task: 'chat', count: 2, scores: 1 }] as const;
  for (let round = 1; round <= 20; round += 1) {
    const file = { lines: round, digest: 'a'.repeat(32), weight: 1 };
    const newest = round === 1 ? undefined : { ...file, lines: round - 1 };
    for (const tenant of [testTenant, testTenant]) {
      await outcomeImports.countOutcomes({ tenant, file, newest, sums });
    }
  }
  expect(proxy.lost.length).toBeGreaterThan(0);
  expect(await outcomeImports.listFiles(testTenant)).toHaveLength(20);
  const [sum] = await quality.sums(testTenant);
  expect(sum?.count).toBeCloseTo(40, 2);
  expect(sum?.scores).toBeCloseTo(20, 2);
});

test.each(['record-write', 'rate-take'] as const)(
  'losing replies of %s changes and counts nothing twice',
  async (script) => {
    const proxy = await startTcpProxy(redis().port);
    const { tenants, terms, apiKeys: keys, requestRate } = await useStore(proxy.url);
    const manage = { keys, tenants, terms, clock: systemClock, pepper: 'p'.repeat(32) };
    proxy.loseReplies(seededLoss(seed, 0.4, isCallOf(script)));
    for (let round = 1; round <= rounds; round += 1) {
      const order = { tenant: testTenant, environment: 'test', settings: {} };
      const { key } = await createKey(manage, order);
      const settings = { label: `round ${round}` };
      expect((await changeKey(manage, { ...key, settings })).version).toBe(2);
      expect((await revokeKey(manage, key)).version).toBe(3);
      const tenant = await changeTenant(manage, { id: testTenant, settings: { name: 'Dev' } });
      expect(tenant.version).toBe(1 + round);
      const limit = { max: 5, windowMs: 600_000 };
      const left: number[] = [];
      for (let request = 0; request < 5; request += 1) {
        const answer = await requestRate.take(key.keyId, limit);
        expect(answer.isTaken).toBe(true);
        left.push(answer.left);
      }
      expect(left).toEqual([4, 3, 2, 1, 0]);
      expect((await requestRate.take(key.keyId, limit)).isTaken).toBe(false);
    }
    expect(proxy.lost.length).toBeGreaterThan(0);
    expect(await keys.list(testTenant)).toHaveLength(rounds);
  },
);
