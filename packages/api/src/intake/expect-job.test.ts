import { expect, test } from 'vitest';
import { sampleCatalog, sampleLive, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { candidateFor } from '../../../../test/support/store.ts';
import { expectCandidate, expectJob, viewExpectation } from './expect-job.ts';

// Two calls of 1 s at a time: the first ends after 1/3 s, then one every 1/2 s.
const busy = sampleLive({ serviceMs: 1_000, concurrency: 2, running: 2, waiting: 3 });

const deps = {
  live: { snapshot: () => ({ takenAtMs: 999_500, models: new Map([['alpha', busy]]) }) },
  catalog: () => sampleCatalog([sampleModel('alpha')]),
};

test('a job that has just come begins behind who waits, and ends a call later', () => {
  expect(viewExpectation(expectJob(deps, sampleRecord(), { moreUrgent: 0, same: 4 }))).toEqual({
    start_at: new Date(1_000_000 + 333 + 2_000).toISOString(),
    finish_at: new Date(1_000_000 + 333 + 3_000).toISOString(),
    model: 'alpha',
    cost_usd: '0.0000002',
  });
  expect(expectJob(deps, sampleRecord(), undefined)?.startAtMs).toBe(1_000_000 + 333 + 1_500);
});

test('a job that backs off begins no earlier than it may', () => {
  expect(expectJob(deps, sampleRecord({ notBeforeMs: 1_090_000 }), undefined)).toMatchObject({
    startAtMs: 1_090_000,
    finishAtMs: 1_091_000,
  });
});

test('a scheduled job begins at its time', () => {
  const scheduled = sampleRecord({ state: 'scheduled', runAtMs: 2_000_000 });
  expect(expectJob(deps, scheduled, undefined)).toMatchObject({
    startAtMs: 2_000_000,
    finishAtMs: 2_001_000,
  });
});

test('what waits for money, or for a model that was never measured, has no times', () => {
  const unknown = { startAtMs: undefined, finishAtMs: undefined };
  const waiting = sampleRecord({ waitsFor: { kind: 'in_flight' } });
  expect(expectJob(deps, waiting, undefined)).toEqual({
    ...unknown,
    model: 'alpha',
    costNanoUsd: 200n,
  });
  expect(expectJob(deps, sampleRecord({ model: 'beta' }), undefined)).toEqual({
    ...unknown,
    model: 'beta',
    costNanoUsd: undefined,
  });
});

test('what runs or has ended is not expected', () => {
  expect(expectJob(deps, sampleRecord({ state: 'running' }), undefined)).toBe(undefined);
  expect(viewExpectation(undefined)).toBe(null);
});

test('a dry run expects what its first candidate says', () => {
  const candidate = { ...candidateFor('alpha', 400n), startMs: 200, expectedMs: 1_200 };
  const moment = { nowMs: 1_000, runAtMs: undefined };
  expect(expectCandidate(candidate, moment)).toMatchObject({ startAtMs: 1_200, finishAtMs: 2_200 });
  expect(expectCandidate(candidate, { ...moment, runAtMs: 9_000 })).toMatchObject({
    startAtMs: 9_000,
    finishAtMs: 10_000,
  });
  expect(expectCandidate(candidateFor('alpha', 400n), moment)).toMatchObject({
    startAtMs: undefined,
    finishAtMs: undefined,
  });
});
