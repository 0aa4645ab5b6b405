/**
 * Random lives of jobs on a real Redis with the real scripts: calls in any order, calls that come
 * again, late answers, leases that are lost. What must be true stands in `store-world.ts`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrongMoney } from '../support/audit-money.ts';
import { useRedis } from '../support/redis.ts';
import { type TestStore, tenantNamed, useStore } from '../support/store.ts';
import { type Step, steps, takeStep } from './store-steps.ts';
import { look, type World } from './store-world.ts';

const redis = useRedis();

/** Changed only to look for more; what it ever finds is kept in `known`. */
const seed = 20_261_123;
const runs = 100;

const first = { job: 0, twice: true } as const;
const takenAway: Step = { ...first, kind: 'reassign', end: 'lost', percent: 0, reservePercent: 20 };
const claimed: Step = { ...first, kind: 'claim', stale: false, percent: undefined };

/** Lives that once broke an invariant, or that chance would seldom make. */
const known: readonly (readonly [string, readonly Step[]])[] = [
  [
    'an answer comes after a newer attempt was sent and given up too',
    [
      { ...first, kind: 'admit', percent: 20, startsInMs: undefined },
      ...[claimed, takenAway, claimed, takenAway],
      { ...first, kind: 'settle', back: 1, end: 'answered', percent: 50 },
      { ...first, kind: 'settle', back: 0, end: 'answered', percent: 50 },
    ],
  ],
];

let tenants = 0;

/** A tenant of its own for each life, because shrinking runs many. */
function newWorld(store: TestStore): World {
  tenants += 1;
  const tenant = tenantNamed(`life-${tenants}`);
  return { store, tenant, jobs: [], calls: [], answers: new Set() };
}

async function live(store: TestStore, life: readonly Step[]): Promise<World> {
  const world = newWorld(store);
  let sight = await look(world);
  for (const step of life) sight = await takeStep(world, step, sight);
  expect(await wrongMoney(store, world.tenant), 'W11').toEqual([]);
  return world;
}

/** A run that does not get all of these would prove little. */
const answersToReach: readonly string[] = [
  ...['admit admitted', 'feed fed', 'feed early', 'feed over_ceiling', 'feed conflict'],
  ...['claim claimed', 'claim conflict', 'claim too_late', 'renew renewed', 'renew conflict'],
  ...['settle settled', 'settle adopted', 'settle wasted', 'settle conflict', 'expire settled'],
  ...['reassign reassigned', 'reassign over_ceiling', 'reassign conflict'],
  ...['cancel cancelled', 'cancel cancelling', 'cancel already_ended'],
  ...['change changed', 'change other_version', 'change below_use', 'change fixed'],
];

test('no order of calls, repeated or late, breaks an invariant of the store', async () => {
  const store = await useStore(redis().url);
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const { answers } = await live(store, life);
      for (const answer of answers) reached.add(answer);
    }),
    { seed, numRuns: runs },
  );
  expect(answersToReach.filter((answer) => !reached.has(answer))).toEqual([]);
});

test.each(known)('no invariant breaks when %s', async (_, life) => {
  await live(await useStore(redis().url), life);
});
