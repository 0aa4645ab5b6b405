import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { expect, test } from 'vitest';
import { sampleFeatures, sampleLive } from '../../../../test/support/sample-catalog.ts';
import { candidateFor, planFor } from '../../../../test/support/store.ts';
import { requireInTime } from './refuse-late.ts';

const totalMs = { p50: 100, p90: 200, p99: 300 };
const measured = sampleLive({ latency: { samples: 10, totalMs } });

/** A job with ten seconds, for models that would begin after so many milliseconds. */
function ask(starts: readonly (number | undefined)[], changes = {}, live = measured) {
  const candidates = starts.map((startMs, index) => ({
    ...candidateFor(`m${index}`, 400n),
    ...(startMs === undefined ? {} : { startMs }),
  }));
  const models = new Map(candidates.map(({ model }) => [model, live]));
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

test('a job is refused that even half of each predicted wait would make late', () => {
  expect(ask([20_001, 90_000])).toMatchObject({
    code: 'deadline_unreachable',
    param: 'deadline_at',
    message: expect.stringContaining('The deadline is in 10.0 s'),
    errors: [
      { pointer: '/deadline_at', detail: 'm0: would begin in about 20.0 s' },
      { pointer: '/deadline_at', detail: 'm1: would begin in about 90.0 s' },
    ],
  });
});

test.each([
  { title: 'when a wait may be shorter than predicted', starts: [20_000] },
  { title: 'when one model may be in time', starts: [90_000, 0] },
  { title: 'when nobody knows of one of them', starts: [90_000, undefined] },
])('a job is taken in $title', ({ starts }) => {
  expect(ask(starts)).toBe('taken in');
});

test('a job is taken in while a model has hardly been measured', () => {
  const live = sampleLive({ latency: { samples: 9, totalMs } });
  expect(ask([90_000], {}, live)).toBe('taken in');
  expect(ask([90_000], {}, sampleLive())).toBe('taken in');
});

test('a job is taken in that accepts to be late, or that starts later', () => {
  expect(ask([90_000], { acceptsLate: true })).toBe('taken in');
  expect(ask([90_000], { times: { runAtMs: 5_000, deadlineAtMs: 11_000 } })).toBe('taken in');
});
