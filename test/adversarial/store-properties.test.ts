/**
 * Random lives of jobs on a real Redis with the real scripts: calls in any order, calls that come
 * again, late answers, leases that are lost. What must be true stands in `store-world.ts`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { tenantNamed, type TestStore, useStore } from '../support/store.ts';
import { type Step, steps, takeStep } from './store-steps.ts';
import { look, type World } from './store-world.ts';

const redis = useRedis();

/** Changed only to look for more; what it ever found is kept in `found`. */
const seed = 20_261_123;
const runs = 100;

/** Lives that once broke an invariant. */
const found: readonly (readonly [string, readonly Step[]])[] = [];

let tenants = 0;

/** A tenant of its own for each life, because shrinking runs many. */
function newWorld(store: TestStore): World {
  tenants += 1;
  return { store, tenant: tenantNamed(`life-${tenants}`), jobs: [], calls: [] };
}

async function live(store: TestStore, life: readonly Step[]): Promise<World> {
  const world = newWorld(store);
  let sight = await look(world);
  for (const step of life) sight = await takeStep(world, step, sight);
  return world;
}

test('no order of calls, repeated or late, breaks an invariant of the store', async () => {
  const store = await useStore(redis().url);
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const world = await live(store, life);
      for (const { record } of (await look(world)).values()) reached.add(record.state);
    }),
    { seed, numRuns: runs },
  );
  // A run that never gets anywhere would prove nothing.
  const states = ['scheduled', 'queued', 'running', 'cancelling'];
  const endings = ['succeeded', 'failed', 'cancelled', 'expired'];
  expect([...reached].toSorted()).toEqual([...states, ...endings].toSorted());
});

test.each(found)('stays mended: %s', async (_, life) => {
  await live(await useStore(redis().url), life);
});
