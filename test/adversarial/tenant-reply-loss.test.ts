/**
 * Replies of the scripts of tenants and keys get lost, and the client sends the calls again. Each
 * change must be made once, and each request counted once.
 */
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

test.each(['record-write', 'rate-take'] as const)(
  'losing replies of %s changes and counts nothing twice',
  async (script) => {
    const proxy = await startTcpProxy(redis().port);
    const { tenants, apiKeys: keys, requestRate } = await useStore(proxy.url);
    const manage = { keys, tenants, clock: systemClock, pepper: 'p'.repeat(32) };
    const { digest } = loadScript(script);
    const isOfScript = ([command, first = '']: readonly string[]): boolean =>
      (command === 'EVALSHA' && first === digest) ||
      (command === 'EVAL' && first.startsWith(`-- ${script}: `));
    proxy.loseReplies(seededLoss(seed, 0.4, isOfScript));
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
