import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { expect, test } from 'vitest';
import { sampleFeatures, sampleLive } from '../../../../test/support/sample-catalog.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';
import { requireInTime } from './refuse-late.ts';

const totalMs = { p50: 100, p90: 200, p99: 300 };
const measured = sampleLive({ latency: { samples: 1, totalMs }, errorRate: 0 });

/** Milliseconds until a model would begin, and until it would answer. */
type Wait = readonly [number, number];

/** A job with ten seconds, for models with these waits. */
function ask(waits: readonly (Wait | undefined)[], changes = {}, live: readonly ModelLive[] = []) {
  const candidates = waits.map((each, index) => ({
    ...candidateFor(`m${index}`, 400n),
    ...(each === undefined ? {} : { startMs: each[0], expectedMs: each[1] }),
  }));
  const models = new Map(candidates.map(({ model }, index) => [model, live[index] ?? measured]));
  const planned = {
    features: sampleFeatures(),
    times: { runAtMs: undefined, deadlineAtMs: 11_000 },
    ...{ priority: 5, ceiling: 1n, riskRetries: 1, acceptsLate: false },
    plan: { ...planFor(...candidates), plannedAtMs: 1_000 },
    ...changes,
  };
  try {
    requireInTime({ live: { snapshot: () => ({ takenAtMs: 0, models }) } }, planned);
    return 'taken in';
  } catch (error) {
    return ForebayError.is(error) ? error : 'odd';
  }
}

test('a job is refused that every model would answer too late', () => {
  expect(
    ask([
      [10_500, 11_000],
      [90_000, 95_000],
    ]),
  ).toMatchObject({
    code: 'deadline_unreachable',
    param: 'deadline_at',
    message: expect.stringContaining('The deadline is in 10.0 s'),
    errors: [
      { pointer: '/deadline_at', detail: 'm0: would begin in about 10.5 s, answer in 11.0 s' },
      { pointer: '/deadline_at', detail: 'm1: would begin in about 90.0 s, answer in 95.0 s' },
    ],
  });
});

const slow: Wait = [90_000, 95_000];
const late = { code: 'deadline_unreachable' };

test('a job is refused that could begin at once, but for its answer', () => {
  expect(ask([[0, 10_001]])).toMatchObject(late);
  expect(ask([[0, 10_000]])).toBe('taken in');
});

test('a model of which nobody knows does not help where it stands behind one that is late', () => {
  expect(ask([slow, undefined])).toMatchObject({
    ...late,
    errors: [
      { detail: expect.stringMatching('^m0: would') },
      { detail: 'm1: takes no calls for now' },
    ],
  });
});

test.each([
  { title: 'one model may be in time', waits: [slow, [0, 100] as const] },
  { title: 'nobody knows of the first one', waits: [undefined, slow] },
])('a job is taken in when $title', ({ waits }) => {
  expect(ask(waits)).toBe('taken in');
});

test('a busy model counts as measured, an idle one without calls lately does not', () => {
  const waits: readonly Wait[] = [[0, 20_000]];
  expect(ask(waits, {}, [sampleLive({ running: 1 })])).toMatchObject(late);
  expect(ask(waits, {}, [sampleLive({ waiting: 1 })])).toMatchObject(late);
  expect(ask(waits, {}, [sampleLive({ errorRate: 1 })])).toMatchObject(late);
  expect(ask(waits, {}, [sampleLive({ running: 0, waiting: 0 })])).toBe('taken in');
});

test('the first model decides whether one is tried: it is where the job would go', () => {
  const idle = sampleLive();
  const waits: readonly Wait[] = [
    [0, 20_000],
    [0, 30_000],
  ];
  expect(ask(waits, {}, [measured, idle])).toMatchObject(late);
  expect(ask(waits, {}, [idle, measured])).toBe('taken in');
});

test('a job is taken in that accepts to be late, or that starts later', () => {
  expect(ask([slow])).toMatchObject(late);
  expect(ask([slow], { acceptsLate: true })).toBe('taken in');
  expect(ask([slow], { times: { runAtMs: 5_000, deadlineAtMs: 11_000 } })).toBe('taken in');
});
