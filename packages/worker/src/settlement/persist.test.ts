import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { createManualClock, type ManualClock } from '@forebay/shared/runtime/manual-clock';
import { createEvents } from '@forebay/shared/telemetry/events';
import { expect, test } from 'vitest';
import type { WorkerEventFields } from '../worker-events.ts';
import { persist } from './persist.ts';

function setup(clock: ManualClock = createManualClock()) {
  const events = createEvents<WorkerEventFields>((_event, error) => {
    throw error;
  });
  const retries: string[] = [];
  events.on('store.retry', ({ step }) => retries.push(step));
  const leaving = new AbortController();
  return { clock, retries, leaving, deps: { clock, events, giveUp: leaving.signal } };
}

const away = () => new ForebayError('store_unavailable', 'away');

/** Fails so many times before it answers; counts the calls. */
function failing(times: number, error: () => Error = away) {
  const calls = { count: 0 };
  const action = async (): Promise<string> => {
    calls.count += 1;
    if (calls.count <= times) throw error();
    return 'written';
  };
  return { calls, action };
}

test('a store that answers is asked once', async () => {
  const { deps, retries } = setup();
  const { calls, action } = failing(0);
  expect(await persist(deps, 'settle', action)).toBe('written');
  expect(calls.count).toBe(1);
  expect(retries).toEqual([]);
});

test('a store that is away is asked again until it answers, at growing pauses', async () => {
  const { clock, deps, retries } = setup();
  const { calls, action } = failing(7);
  const result = persist(deps, 'settle', action);
  await clock.settle();
  // Half of 100, 200, 400 … ms with the jitter at its lowest; never more than half of 2 s.
  for (const [index, pauseMs] of [50, 100, 200, 400, 800, 1_000, 1_000].entries()) {
    await clock.advance(pauseMs - 1);
    expect(calls.count).toBe(index + 1);
    await clock.advance(1);
    expect(calls.count).toBe(index + 2);
  }
  expect(await result).toBe('written');
  expect(retries).toEqual(Array.from({ length: 7 }, () => 'settle'));
});

test('no pause is ever longer than two seconds', async () => {
  const { clock, deps } = setup(createManualClock(0.999));
  const { calls, action } = failing(50);
  const result = persist(deps, 'settle', action);
  await clock.settle();
  for (let round = 1; round <= 50; round += 1) {
    await clock.advance(2_000);
    expect(calls.count).toBeGreaterThan(round);
  }
  expect(await result).toBe('written');
});

test('any other error is thrown at once: a mistake does not heal by repeating', async () => {
  const { deps } = setup();
  const { calls, action } = failing(1, () => new Error('FOREBAY a charge is above'));
  await expect(persist(deps, 'settle', action)).rejects.toThrow('a charge is above');
  expect(calls.count).toBe(1);
});

test('when the process must go, the pause ends and the last error is thrown', async () => {
  const { clock, deps, leaving } = setup();
  const { calls, action } = failing(99);
  const result = persist(deps, 'settle', action);
  await clock.settle();
  expect(calls.count).toBe(1);
  leaving.abort();
  await expect(result).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(calls.count).toBe(2);
  expect(clock.pending()).toBe(0);
});
