import { createJobWaiters } from '@forebay/api/intake/wait-for-job';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newJobId } from '@forebay/shared/domain/ids';
import { systemClock } from '@forebay/shared/runtime/clock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { newJob, type TestStore, testTenant, useStore } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

interface SetupOptions {
  readonly waitersPerKeyMax?: number;
  readonly sweepIntervalMs?: number;
  /** Nothing is notified. */
  readonly deaf?: boolean;
}

async function setup(options: SetupOptions = {}) {
  const store = await useStore(redis().url);
  if (options.deaf !== true) await store.wakeUps.start('changes');
  const failures: unknown[] = [];
  const waiters = createJobWaiters({
    jobs: store.jobs,
    wakeUps: store.wakeUps,
    clock: systemClock,
    events: { emit: (_name, fields) => failures.push(fields) },
    waitersPerKeyMax: options.waitersPerKeyMax ?? 10,
    // So long that only a notification or a reconnect can end a wait within the test.
    sweepIntervalMs: options.sweepIntervalMs ?? 600_000,
  });
  waiters.start();
  onTestFinished(() => waiters.stop());
  const job = newJob();
  await store.jobs.admit(job);
  const waitFor = (change: { timeoutMs?: number; signal?: AbortSignal; keyId?: string } = {}) =>
    waiters.waitForJob({
      tenant: testTenant,
      id: job.id,
      keyId: 'k1',
      knownVersion: undefined,
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      ...change,
    });
  return { store, waiters, job, waitFor, failures };
}

async function killSubscribers(store: TestStore): Promise<void> {
  await store.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
}

describe('createJobWaiters', () => {
  test('wakes all waiters of a job on its end and keeps none of them', async () => {
    const { store, waiters, job, waitFor } = await setup();
    const waits = [waitFor(), waitFor(), waitFor()];
    await waitUntil(() => waiters.count === 3, { what: 'three waiters' });
    await store.jobs.cancel(job);
    const records = await Promise.all(waits);
    expect(records.map((record) => record.state)).toEqual(Array(3).fill('cancelled'));
    expect(waiters.count).toBe(0);
  });

  test('a change that falls into a lost connection is found after the reconnect', async () => {
    const { store, waiters, job, waitFor } = await setup();
    const waiting = waitFor();
    await waitUntil(() => waiters.count === 1, { what: 'a waiter' });
    await killSubscribers(store);
    await store.jobs.cancel(job);
    expect((await waiting).state).toBe('cancelled');
  });

  test('a change without any notification is found by the sweep', async () => {
    const { store, waiters, job, waitFor } = await setup({ sweepIntervalMs: 50, deaf: true });
    const waiting = waitFor();
    await waitUntil(() => waiters.count === 1, { what: 'a waiter' });
    await store.jobs.cancel(job);
    expect((await waiting).state).toBe('cancelled');
  });

  test('one waiter above the cap of its key is answered at once, another key is not', async () => {
    const { waiters, waitFor } = await setup({ waitersPerKeyMax: 2 });
    const gone = new AbortController();
    const waits = [waitFor({ signal: gone.signal }), waitFor({ signal: gone.signal })];
    await waitUntil(() => waiters.count === 2, { what: 'two waiters' });
    expect((await waitFor()).state).toBe('queued');
    const other = waitFor({ keyId: 'k2', signal: gone.signal });
    await waitUntil(() => waiters.count === 3, { what: 'the waiter of another key' });
    gone.abort();
    await Promise.all([...waits, other]);
    expect(waiters.count).toBe(0);
  });

  test('a caller that hangs up leaves nothing behind', async () => {
    const { waiters, waitFor } = await setup();
    const gone = new AbortController();
    const waiting = waitFor({ signal: gone.signal });
    await waitUntil(() => waiters.count === 1, { what: 'a waiter' });
    gone.abort();
    expect((await waiting).state).toBe('queued');
    expect(waiters.count).toBe(0);
  });

  test('a missing job is an error, and waits for nothing', async () => {
    const { waiters } = await setup();
    const wait = waiters.waitForJob({
      tenant: testTenant,
      id: newJobId(),
      keyId: 'k1',
      knownVersion: undefined,
      timeoutMs: 30_000,
      signal: new AbortController().signal,
    });
    await expect(wait).rejects.toSatisfy(
      (error) => ForebayError.is(error) && error.code === 'not_found',
    );
    expect(waiters.count).toBe(0);
  });
});
