import type { AttemptEnd, AttemptOutcome, JobRecord } from '@forebay/shared/domain/job';
import { expect, test } from 'vitest';
import { sampleAttempt, sampleRecord } from '../../../../../test/support/sample-record.ts';
import { plainSpec } from '../../../../../test/support/store.ts';
import { compareShadows } from './compare-shadows.ts';

interface Side {
  readonly outcome?: AttemptOutcome;
  readonly cost?: bigint;
  readonly ms?: number;
}

const endOf = ({ outcome = 'succeeded', cost = 0n, ms = 0 }: Side): AttemptEnd => ({
  endedAtMs: 1_000_000 + ms,
  outcome,
  ambiguity: outcome === 'succeeded' ? 'answered' : 'refused',
  error: undefined,
  usage: undefined,
  costNanoUsd: cost,
  costIs: 'exact',
  providerRequestId: undefined,
  counted: true,
  wasted: false,
  firstByteMs: ms / 2,
});

interface Shadow {
  readonly from: string;
  readonly to?: Side;
  readonly route?: string;
}

/** @param original how the job itself fared. */
function shadowOf(original: Side, { from: model, to: shadow, route = 'auto' }: Shadow) {
  const { outcome = 'succeeded', cost = 0n, ms = 0 } = original;
  const attempt = shadow && sampleAttempt('next', { end: endOf(shadow) });
  const { tenant, id } = sampleRecord();
  const figures = { outcome, costNanoUsd: cost.toString(), callMs: ms, firstByteMs: ms / 2 };
  const changes: Partial<JobRecord> = {
    state: shadow === undefined ? 'queued' : 'succeeded',
    attempts: attempt === undefined ? [] : [attempt],
    spec: { ...plainSpec, shadowOf: { tenant, id, route, model, ...figures } },
  };
  return sampleRecord(changes);
}

test('both sides of each pair are summed up, in all and by the model of the job', () => {
  const records = [
    shadowOf({ cost: 5n, ms: 100 }, { from: 'alpha', to: { cost: 2n, ms: 40 } }),
    shadowOf({ cost: 7n, ms: 300 }, { from: 'alpha', to: { cost: 3n, ms: 80 } }),
    shadowOf({ cost: 9n, ms: 200 }, { from: 'alpha', to: { outcome: 'rate_limited', ms: 1 } }),
    shadowOf({ outcome: 'server_error', ms: 1 }, { from: 'beta', to: { cost: 4n, ms: 60 } }),
    shadowOf({}, { from: 'beta' }),
    shadowOf({}, { from: 'beta', to: {}, route: 'other' }),
    sampleRecord(),
  ];
  const compared = compareShadows(records, 'auto');
  expect(compared).toMatchObject({ shadows: 5, open: 1, pairs: 4 });
  expect(compared['original']).toEqual({
    outcomes: { succeeded: 3, server_error: 1 },
    cost_usd: '0.000000021',
    call_ms: { p50: 200, p90: 300 },
    first_byte_ms: { p50: 100, p90: 150 },
  });
  expect(compared['shadow']).toEqual({
    outcomes: { succeeded: 3, rate_limited: 1 },
    cost_usd: '0.000000009',
    call_ms: { p50: 60, p90: 80 },
    first_byte_ms: { p50: 30, p90: 40 },
  });
  expect(compared['by_model']).toMatchObject([
    { model: 'alpha', pairs: 3, shadow: { outcomes: { succeeded: 2, rate_limited: 1 } } },
    { model: 'beta', pairs: 1, original: { outcomes: { server_error: 1 }, call_ms: null } },
  ]);
});

test('without a shadow nothing is said of either side', () => {
  const nothing = { outcomes: {}, cost_usd: '0', call_ms: null, first_byte_ms: null };
  expect(compareShadows([], 'auto')).toEqual({
    ...{ shadows: 0, open: 0, pairs: 0, by_model: [] },
    ...{ original: nothing, shadow: nothing },
  });
});
