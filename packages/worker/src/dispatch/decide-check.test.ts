import type { JobRecord } from '@forebay/shared/domain/job';
import { jobStates, terminalJobStates } from '@forebay/shared/domain/job-state';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { decideCheck, nextTicketCheck } from './decide-check.ts';

const nowMs = 2_000_000;
const ticketCheckMs = 10_000;

function check(record: Partial<JobRecord>, graceUntilMs = 0) {
  return decideCheck(sampleRecord(record), { nowMs, graceUntilMs });
}

describe.each(['running', 'cancelling'] as const)('a %s job', (state) => {
  test('is left alone until its lease ends', () => {
    const record = { state, leaseUntilMs: nowMs + 1 };
    expect(check(record)).toEqual({ kind: 'later', againAtMs: nowMs + 1 });
  });

  test('has lost its worker the moment its lease has ended', () => {
    expect(check({ state, leaseUntilMs: nowMs })).toEqual({ kind: 'lost_lease' });
  });

  test('is not judged before the grace is over (S7)', () => {
    const record = { state, leaseUntilMs: nowMs - 60_000 };
    expect(check(record, nowMs + 5)).toEqual({ kind: 'later', againAtMs: nowMs + 5 });
    expect(check(record, nowMs)).toEqual({ kind: 'lost_lease' });
  });

  test('is not expired over the head of its worker, which holds the deadline itself', () => {
    const record = { state, leaseUntilMs: nowMs + 1, deadlineAtMs: nowMs - 1 };
    expect(check(record).kind).toBe('later');
  });
});

describe('a scheduled job', () => {
  const state = 'scheduled';

  test('starts when its time has come', () => {
    expect(check({ state, runAtMs: nowMs })).toEqual({ kind: 'feed' });
  });

  test('is looked at again at its start time, or at its deadline if that is sooner', () => {
    const early = check({ state, runAtMs: nowMs + 100 });
    expect(early).toEqual({ kind: 'later', againAtMs: nowMs + 100 });
    const never = check({ state, runAtMs: nowMs + 100, deadlineAtMs: nowMs + 50 });
    expect(never).toEqual({ kind: 'later', againAtMs: nowMs + 50 });
  });

  test('expires at its deadline, also when its start time has come', () => {
    expect(check({ state, runAtMs: nowMs, deadlineAtMs: nowMs })).toEqual({ kind: 'expire' });
  });
});

describe('a waiting job', () => {
  const againIn = (record: Partial<JobRecord>, inBacklog = true): number => {
    expect(check(record)).toEqual({ kind: 'look_for_ticket' });
    return nextTicketCheck(sampleRecord(record), inBacklog, { nowMs, ticketCheckMs }) - nowMs;
  };

  test('on its way to a worker is looked after steadily, however long it has waited', () => {
    expect(againIn({ createdAtMs: 0 }, false)).toBe(ticketCheckMs);
  });

  test('in the backlog is looked for the more seldom the longer it waits', () => {
    expect(againIn({ createdAtMs: nowMs - 1 })).toBe(ticketCheckMs);
    expect(againIn({ createdAtMs: nowMs - 60_000 })).toBe(60_000);
    expect(againIn({ createdAtMs: 0 })).toBe(300_000);
  });

  test('counts as waiting since its start time or the end of its back-off', () => {
    expect(againIn({ createdAtMs: 0, runAtMs: nowMs - 20_000 })).toBe(20_000);
    expect(againIn({ createdAtMs: 0, notBeforeMs: nowMs - 30_000 })).toBe(30_000);
    expect(againIn({ createdAtMs: 0, notBeforeMs: nowMs + 30_000 })).toBe(ticketCheckMs);
  });

  test('is looked at again by its deadline at the latest, and expires there', () => {
    expect(againIn({ createdAtMs: 0, deadlineAtMs: nowMs + 7 })).toBe(7);
    expect(check({ deadlineAtMs: nowMs })).toEqual({ kind: 'expire' });
  });
});

test.each(terminalJobStates)('a job that has %s needs nothing', (state) => {
  expect(check({ state, deadlineAtMs: 0, leaseUntilMs: 0 })).toEqual({ kind: 'nothing' });
});

test('a job that has not ended is always looked at again, and never in the past', () => {
  const time = fc.integer({ min: nowMs - 10_000_000, max: nowMs + 10_000_000 });
  const records = fc.record({
    state: fc.constantFrom(...jobStates),
    createdAtMs: time,
    runAtMs: fc.option(time, { nil: undefined }),
    notBeforeMs: time,
    deadlineAtMs: time,
    leaseUntilMs: fc.option(time, { nil: undefined }),
  });
  fc.assert(
    fc.property(records, time, (record, graceUntilMs) => {
      const due = check(record, graceUntilMs);
      const ended = terminalJobStates.some((state) => state === record.state);
      expect(due.kind === 'nothing').toBe(ended);
      if ('againAtMs' in due) expect(due.againAtMs).toBeGreaterThan(nowMs);
    }),
    { seed: 7 },
  );
});
