/**
 * The accounting identity (P7, I7) for 300 jobs of two tenants, with a provider that fails in many
 * ways and a worker that dies in the middle. `npm run proof -- identity` does it with 5,000.
 */
import { expect, onTestFinished, test } from 'vitest';
import { type ChargedAttempt, checkIdentity } from '../support/check-identity.ts';
import { runIdentity } from '../support/identity-run.ts';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();

test('what is billed is charged, per attempt, tenant, model and deployment', async () => {
  const result = await runIdentity({
    redisUrl: redis().url,
    jobs: 300,
    seed: 7,
    timeoutMs: 60_000,
    atEnd: onTestFinished,
  });
  expect(result.breaks).toEqual([]);
  expect([...result.ends.values()].reduce((sum, count) => sum + count, 0)).toBe(300);
  expect(result.ends.get('succeeded') ?? 0).toBeGreaterThan(100);
  expect([result.byTenant.size, result.byModel.size, result.byDeployment.size]).toEqual([2, 3, 6]);
  const seen = new Set(result.attempts.flatMap((each) => [each.outcome, each.basis]));
  expect([...seen]).toEqual(expect.arrayContaining(['lost_lease', 'worst_case', 'exact', 'none']));

  // The check would have seen one nano-dollar, and one call that nobody knows of.
  const { attempts, bill } = result;
  const [first] = attempts.filter(({ basis }) => basis === 'exact');
  const without = attempts.filter((each) => each !== first);
  const dearer = (each: ChargedAttempt) => ({ ...each, charged: each.charged + 1n });
  expect(checkIdentity(without, bill)).toEqual([expect.stringContaining('no attempt')]);
  expect(
    checkIdentity([...without, ...attempts.filter((each) => each === first).map(dearer)], bill),
  ).toEqual([expect.stringContaining('not what was billed')]);
}, 120_000);
