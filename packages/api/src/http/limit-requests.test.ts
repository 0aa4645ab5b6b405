import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { unrestrictedKey } from '@forebay/shared/ports/key-store';
import type { RateAnswer } from '@forebay/shared/ports/request-rate';
import { type Clock, systemClock } from '@forebay/shared/runtime/clock';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { intakeGrants } from '@forebay/shared/tenants/intake-grants';
import { describe, expect, test } from 'vitest';
import { testTenant } from '../../../../test/support/store.ts';
import { createRequestLimiter } from './limit-requests.ts';

function callerWith(requestsPerMinute: number | undefined) {
  return {
    ...{ keyId: 'key-1', payerKeyId: 'key-1', tenant: testTenant },
    ...{ scopes: unrestrictedKey.scopes, isSuspended: false },
    ...{ requestsPerMinute, inFlightMax: undefined },
    grants: intakeGrants(unrestrictedKey, tenantWithoutRecord(testTenant)),
  };
}

const never = new Promise<never>(() => {});
const taken: RateAnswer = { isTaken: true, left: 7, nextMs: 60_000, fullMs: 60_000 };
const away = () => Promise.reject(new Error('the store is away'));

/** A limiter whose store does what `store.answer` says at the time. */
function setup(clock: Clock, max = 2) {
  const errors: unknown[] = [];
  const store = { asked: 0, answer: (): Promise<RateAnswer> => Promise.resolve(taken) };
  const limiter = createRequestLimiter({
    clock,
    rate: {
      take() {
        store.asked += 1;
        return store.answer();
      },
    },
    places: { of: () => undefined },
    onError: (error) => void errors.push(error),
  });
  const take = () => limiter.take(callerWith(max));
  const isRefused = async () => (await take()).refusal !== undefined;
  return { limiter, store, errors, take, isRefused };
}

describe('the limit of a key', () => {
  test('is held by each process alone while the store is away or slow', async () => {
    const clock = createManualClock();
    const { limiter, store, errors, isRefused } = setup(clock);
    store.answer = away;
    expect([await isRefused(), await isRefused(), await isRefused()]).toEqual([false, false, true]);
    expect(errors).toHaveLength(2);
    await clock.advance(60_000);
    store.answer = () => never;
    const later = isRefused();
    await clock.advance(400);
    expect(await later).toBe(false);
    expect(await limiter.take(callerWith(undefined))).toEqual({ headers: {}, refusal: undefined });
  });

  test('counts what the store took, when that becomes slow or goes away', async () => {
    const clock = createManualClock();
    const { store, take, isRefused } = setup(clock);
    expect((await take()).headers['x-ratelimit-remaining-requests']).toBe('1');
    store.answer = () => never;
    const slow = take();
    await clock.advance(400);
    expect((await slow).headers['x-ratelimit-remaining-requests']).toBe('0');
    // What is refused for certain need not wait for a store that is slow.
    expect(await isRefused()).toBe(true);
    expect(store.asked).toBe(2);
  });

  test('counts what went on without the store, when that is back', async () => {
    const { store, isRefused } = setup(createManualClock());
    store.answer = away;
    expect(await isRefused()).toBe(false);
    store.answer = () => Promise.resolve(taken);
    expect([await isRefused(), await isRefused()]).toEqual([false, true]);
  });

  test('is asked of the store by a process that stood still for longer than it waits', async () => {
    const { store, take } = setup(systemClock, 9);
    // It is there in the second turn of the loop; timers that are overdue run before that.
    const inTwoTurns = async (): Promise<RateAnswer> => {
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return taken;
    };
    store.answer = inTwoTurns;
    const answer = take();
    await Promise.resolve();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 450);
    expect((await answer).headers['x-ratelimit-remaining-requests']).toBe('7');
  });
});
