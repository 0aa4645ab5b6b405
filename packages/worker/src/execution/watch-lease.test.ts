import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobState } from '@forebay/shared/domain/job-state';
import type { RenewResult } from '@forebay/shared/ports/job-store';
import type { WakeUpListener } from '@forebay/shared/ports/wake-ups';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { WorkerEventFields } from '../worker-events.ts';
import { watchLease } from './watch-lease.ts';

const lease = { leaseMs: 15_000, renewalMs: 5_000 };
const renewed: RenewResult = { kind: 'renewed', cancelRequested: false, deadlineInMs: 0 };
const moved: RenewResult = { kind: 'conflict', state: 'queued', fence: 3 };
const away = new ForebayError('store_unavailable', 'away');

interface Setup {
  /** Answers of the store in turn; the last one stays. An error is thrown. */
  readonly answers?: readonly (RenewResult | Error | Promise<RenewResult>)[];
  readonly deadlineInMs?: number;
  /** Where the caller moves the deadline while the call runs; renewals bring it. */
  readonly movedToMs?: number;
  readonly handBack?: AbortController;
}

function watch(setup: Setup = {}) {
  const { answers = [renewed], deadlineInMs = 600_000, handBack } = setup;
  const deadlineMs = setup.movedToMs ?? deadlineInMs;
  const clock = createManualClock();
  const events = createEvents<WorkerEventFields>((_event, error) => {
    throw error;
  });
  const told: string[] = [];
  events.onAny((name) => told.push(name));
  const listeners = new Set<WakeUpListener>();
  let asked = 0;
  const serverNowMs = 50_000_000;
  const record = sampleRecord({
    state: 'running',
    fence: 2,
    leaseUntilMs: serverNowMs + lease.leaseMs,
    deadlineAtMs: serverNowMs + deadlineInMs,
  });
  const leaving = handBack ?? new AbortController();
  const watched = watchLease(
    {
      jobs: {
        renew: async () => {
          const answer = answers[Math.min(asked, answers.length - 1)];
          asked += 1;
          if (answer instanceof Error) throw answer;
          const given = (await answer) ?? renewed;
          if (given.kind !== 'renewed') return given;
          return { ...given, deadlineInMs: deadlineMs - clock.monotonicMs() };
        },
      },
      wakeUps: {
        listen(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      clock,
      events,
      lease,
      handBack: leaving.signal,
    },
    { record, token: 'claim_1' },
  );
  onTestFinished(() => watched.stop());
  const tell = (state: JobState, id = record.id): void => {
    for (const listener of listeners) listener.onChange({ id, version: 3, state });
  };
  const asks = (): number => asked;
  const { signal } = watched;
  const cause = () => watched.cause();
  const stop = () => watched.stop();
  return { signal, cause, stop, clock, told, tell, leaving, asks, listeners };
}

describe('a claim that is kept', () => {
  test('is renewed again and again, and its call goes on', async () => {
    const { clock, signal, asks, told } = watch();
    await clock.advance(60_000);
    expect(asks()).toBe(12);
    expect(signal.aborted).toBe(false);
    expect(told).toEqual([]);
  });

  test('leaves nothing behind when it ends', async () => {
    const { clock, stop, listeners, asks, cause } = watch();
    await clock.advance(5_000);
    await stop();
    expect(clock.pending()).toBe(0);
    expect(listeners.size).toBe(0);
    await clock.advance(700_000);
    expect(asks()).toBe(1);
    expect(cause()).toBeUndefined();
  });

  test('ends only after a renewal that is under way', async () => {
    let answer: (result: RenewResult) => void = () => undefined;
    const slow = new Promise<RenewResult>((resolve) => {
      answer = resolve;
    });
    const { clock, stop } = watch({ answers: [slow] });
    await clock.advance(5_000);
    let stopped = false;
    const stopping = stop().then(() => {
      stopped = true;
    });
    await clock.settle();
    expect(stopped).toBe(false);
    answer(renewed);
    await stopping;
    expect(stopped).toBe(true);
  });
});

describe('L1: a renewal that is refused', () => {
  test.each([moved, { kind: 'missing' } as const])('$kind ends the call', async (refusal) => {
    const { clock, signal, cause, told, asks } = watch({ answers: [renewed, refusal] });
    await clock.advance(5_000);
    expect(signal.aborted).toBe(false);
    await clock.advance(5_000);
    expect(signal.aborted).toBe(true);
    expect(cause()).toBe('lost_lease');
    expect(told).toEqual(['lease.lost']);
    await clock.advance(60_000);
    expect(asks()).toBe(2);
  });
});

describe('L2: a renewal that is not answered', () => {
  test('does not end the call, however long the store is away', async () => {
    const { clock, signal, asks, told } = watch({ answers: [away] });
    await clock.advance(60_000);
    expect(signal.aborted).toBe(false);
    expect(asks()).toBe(12);
    expect(new Set(told)).toEqual(new Set(['lease.unanswered']));
  });

  test('is tried again, and a refusal after the outage still counts', async () => {
    const { clock, cause } = watch({ answers: [away, away, moved] });
    await clock.advance(10_000);
    expect(cause()).toBeUndefined();
    await clock.advance(5_000);
    expect(cause()).toBe('lost_lease');
  });
});

describe('L3: the causes of an end', () => {
  test('a cancel is heard from the notification at once', () => {
    const { tell, signal, cause } = watch();
    tell('cancelling');
    expect(signal.aborted).toBe(true);
    expect(cause()).toBe('cancelled');
  });

  test('a cancel whose notification was lost is heard from the next renewal', async () => {
    const { clock, cause } = watch({ answers: [{ ...renewed, cancelRequested: true }] });
    await clock.advance(5_000);
    expect(cause()).toBe('cancelled');
  });

  test('other changes and other jobs are none of its business', () => {
    const { tell, signal } = watch();
    tell('queued');
    tell('cancelling', sampleRecord().id);
    expect(signal.aborted).toBe(false);
  });

  test('the deadline counts in the time of the server', async () => {
    const { clock, signal, cause } = watch({ deadlineInMs: 7_000 });
    await clock.advance(6_999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.aborted).toBe(true);
    expect(cause()).toBe('deadline');
  });

  test('L4: a deadline that was brought forward ends the call at the next renewal', async () => {
    const { clock, cause } = watch({ movedToMs: 3_000 });
    await clock.advance(4_999);
    expect(cause()).toBeUndefined();
    await clock.advance(1);
    expect(cause()).toBe('deadline');
  });

  test('L4: a deadline that was put off lets the call go on until then', async () => {
    const { clock, cause } = watch({ deadlineInMs: 7_000, movedToMs: 12_000 });
    await clock.advance(11_999);
    expect(cause()).toBeUndefined();
    await clock.advance(1);
    expect(cause()).toBe('deadline');
  });

  test('L4: a change that is heard of counts at once', async () => {
    const { clock, cause, tell, asks } = watch({ movedToMs: 0 });
    tell('running');
    await clock.advance(1);
    expect([asks(), cause()]).toEqual([1, 'deadline']);
  });

  test('a shutdown hands back, also one that came before the call', () => {
    const { leaving, cause } = watch();
    leaving.abort();
    expect(cause()).toBe('shutdown');
    const handBack = new AbortController();
    handBack.abort();
    expect(watch({ handBack }).cause()).toBe('shutdown');
  });

  test('the first one stands', async () => {
    const { clock, leaving, tell, cause } = watch({ answers: [moved], deadlineInMs: 2_000 });
    tell('cancelling');
    leaving.abort();
    await clock.advance(10_000);
    expect(cause()).toBe('cancelled');
  });
});
