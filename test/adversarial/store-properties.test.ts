/**
 * Random lives of jobs on a real Redis with the real scripts: calls in any order, calls that come
 * again, late answers, leases that are lost. What must be true stands in `store-world.ts`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { useStore } from '../support/store.ts';
import { live } from './live.ts';
import { type Step, steps } from './store-steps.ts';

const redis = useRedis();

/** Changed only to look for more; what it ever finds is kept in `known`. */
const seed = 20_261_123;
const runs = 300;

const first = { job: 0, twice: true } as const;
const alone = {
  startsInMs: undefined,
  count: 1,
  onRefusal: 'each',
  ...{ isLine: false, isCut: false },
  key: 0,
  livesLong: false,
} as const;
const takenAway: Step = {
  ...first,
  kind: 'reassign',
  end: 'lost',
  percent: 0,
  reservePercent: 20,
  whenShort: 'refuse',
};
const claimed: Step = { ...first, kind: 'claim', stale: false, percent: undefined };

/** Lives that once broke an invariant, or that chance would seldom make. */
const known: readonly (readonly [string, readonly Step[]])[] = [
  [
    'an answer comes after a newer attempt was sent and given up too',
    [
      { ...first, kind: 'admit', percent: 20, ...alone },
      ...[claimed, takenAway, claimed, takenAway],
      { ...first, kind: 'settle', back: 1, end: 'answered', percent: 50 },
      { ...first, kind: 'settle', back: 0, end: 'answered', percent: 50 },
    ],
  ],
  [
    'a promoted job is promoted again, and its worker dies there',
    [
      { ...first, kind: 'admit', percent: 20, ...alone },
      { ...first, kind: 'promote', reservePercent: 30 },
      { ...first, kind: 'promote', reservePercent: 10 },
      ...[claimed, takenAway, claimed],
      { ...first, kind: 'settle', back: 0, end: 'answered', percent: 50 },
    ],
  ],
];

/** A run that does not get all of these would prove little. */
const answersToReach: readonly string[] = [
  ...['admit admitted', 'admit over_budget', 'admit admitted+over_budget'],
  ...['feed fed', 'feed early', 'feed over_ceiling', 'feed conflict', 'feed held'],
  ...['claim held', 'reassign short'],
  ...['claim claimed', 'claim conflict', 'claim too_late', 'renew renewed', 'renew conflict'],
  ...['settle settled', 'settle adopted', 'settle wasted', 'settle conflict', 'expire settled'],
  ...['promote reassigned', 'promote short', 'promote over_ceiling', 'promote conflict'],
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
}, 180_000);

test.each(known)('no invariant breaks when %s', async (_, life) => {
  await live(await useStore(redis().url), life);
});
