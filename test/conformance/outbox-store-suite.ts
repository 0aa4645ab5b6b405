/** What every outbox must do; run on a single server and on a cluster. */
import type { NewJob } from '@forebay/shared/ports/job-store';
import type { DeliveryAttempt, OutboxEvent } from '@forebay/shared/ports/outbox-store';
import { describe, expect, it } from 'vitest';
import { newJob, plainSpec, type TestStore, testTenant, useStore } from '../support/store.ts';

const holdMs = 30_000;
const perEndpoint = 4;

function shardOf(store: TestStore): number {
  return store.keys.shardOf(testTenant);
}

/** Ends a waiting job, which writes one event for its endpoint. */
async function cancelOne(store: TestStore, endpointId: string): Promise<NewJob> {
  const url = `https://example.com/${endpointId}`;
  const webhook = { url, endpointId, events: ['job.cancelled' as const] };
  const job = newJob({ spec: { ...plainSpec, webhook } });
  await store.jobs.admit(job);
  await store.jobs.cancel(job);
  return job;
}

async function cancelMany(store: TestStore, endpointId: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await cancelOne(store, endpointId);
}

function take(store: TestStore, limit = 100): Promise<readonly OutboxEvent[]> {
  return store.outbox.take({ shard: shardOf(store), limit, perEndpoint, holdMs });
}

async function takeOne(store: TestStore): Promise<OutboxEvent> {
  const [event, ...others] = await take(store);
  if (event === undefined || others.length > 0) throw new Error('one event should be due');
  return event;
}

function attemptAt(atMs: number, changes: Partial<DeliveryAttempt> = {}): DeliveryAttempt {
  return {
    atMs,
    durationMs: 12,
    outcome: 'failed',
    status: 503,
    errorClass: 'http_status',
    responseExcerpt: 'try later',
    ...changes,
  };
}

const delivered = { kind: 'delivered' } as const;
const givenUp = { kind: 'given_up', endpointGone: true } as const;
const retryIn = (afterMs: number) => ({ kind: 'retry', afterMs }) as const;

/** Every key of the outbox that is not meant to fade by itself. */
async function leftovers(store: TestStore, endpointId: string): Promise<number> {
  const shard = shardOf(store);
  const { queue, events, inFlight } = store.keys.endpoint(shard, endpointId);
  const keys = [queue, events, inFlight, store.keys.endpointsDue(shard)];
  return store.client.exists(...keys);
}

const idsOf = (events: readonly OutboxEvent[]): readonly string[] =>
  events.map((event) => event.id).toSorted();

export function describeOutboxStore(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url());

  describe(`${name}: the outbox hands out`, () => {
    it('what the receiver must know, at the version that a poll already shows', async () => {
      const store = await open();
      const job = await cancelOne(store, 'we_1');
      const event = await takeOne(store);
      expect(event).toMatchObject({
        type: 'job.cancelled',
        tenant: job.tenant,
        job: job.id,
        endpointId: 'we_1',
        url: 'https://example.com/we_1',
        version: 2,
        attempts: 0,
      });
      expect(event.id).toMatch(/^evt_[0-9a-f]{40}$/);
      expect(await store.outbox.read(job.tenant, 'we_1', event.id)).toEqual(event);
    });

    it('at most a few at a time for one endpoint, the next when one has ended', async () => {
      const store = await open();
      await cancelMany(store, 'we_1', 6);
      const first = await take(store);
      expect(first).toHaveLength(perEndpoint);
      expect(await take(store)).toEqual([]);
      const [done] = first;
      if (done === undefined) throw new Error('four were taken');
      await store.outbox.record({ event: done, attempt: attemptAt(1), verdict: delivered });
      const next = await take(store);
      expect(next).toHaveLength(1);
      expect(idsOf(first)).not.toContain(next[0]?.id);
    });

    it('the events of others while one endpoint is dead', async () => {
      const store = await open();
      await cancelMany(store, 'we_dead', 20);
      expect(await take(store)).toHaveLength(perEndpoint);
      await cancelMany(store, 'we_alive', 3);
      // With room for one endpoint only, the dead one must not take the turn of the other.
      const events = await take(store, 1);
      expect(events.map((event) => event.endpointId)).toEqual(['we_alive', 'we_alive', 'we_alive']);
    });

    it('every event once, to many relays at a time', async () => {
      const store = await open();
      const endpoints = ['we_1', 'we_2', 'we_3', 'we_4', 'we_5'];
      for (const endpoint of endpoints) await cancelMany(store, endpoint, perEndpoint);
      const taken = await Promise.all(Array.from({ length: 8 }, () => take(store)));
      const ids = taken.flatMap(idsOf);
      expect(ids).toHaveLength(endpoints.length * perEndpoint);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('again what was lost in flight, under the same id and with its attempts', async () => {
      const store = await open();
      await cancelMany(store, 'we_1', 5);
      const first = await take(store);
      store.advance(holdMs - 5_000);
      expect(await take(store)).toEqual([]);
      store.advance(5_001);
      const again = await take(store);
      expect(again).toHaveLength(perEndpoint);
      expect(again.every((event) => event.attempts === 0)).toBe(true);
      const all = new Set([...idsOf(first), ...idsOf(again)]);
      expect(all.size).toBe(5);
    });

    it('what happens after an endpoint was empty', async () => {
      const store = await open();
      await cancelOne(store, 'we_1');
      const event = await takeOne(store);
      await store.outbox.record({ event, attempt: attemptAt(1), verdict: delivered });
      expect(await take(store)).toEqual([]);
      const job = await cancelOne(store, 'we_1');
      expect((await takeOne(store)).job).toBe(job.id);
    });
  });

  describe(`${name}: the outbox records`, () => {
    it('a failure: the event comes back after its wait, same id, one attempt more', async () => {
      const store = await open();
      await cancelOne(store, 'we_1');
      let event = await takeOne(store);
      const { id } = event;
      for (let attempts = 1; attempts <= 3; attempts += 1) {
        const verdict = retryIn(60_000);
        await store.outbox.record({ event, attempt: attemptAt(attempts), verdict });
        store.advance(59_000);
        expect(await take(store)).toEqual([]);
        store.advance(1_001);
        event = await takeOne(store);
        expect(event).toMatchObject({ id, attempts });
      }
    });

    it('an attempt once: the repeated call changes nothing', async () => {
      const store = await open();
      await cancelOne(store, 'we_1');
      const event = await takeOne(store);
      const failed = { event, attempt: attemptAt(1), verdict: retryIn(5_000) };
      await store.outbox.record(failed);
      store.advance(4_000);
      // Neither puts its due time off nor ends it: this attempt is over.
      await store.outbox.record(failed);
      await store.outbox.record({ event, attempt: attemptAt(1), verdict: givenUp });
      expect(await store.outbox.log(event.tenant, event.id)).toEqual([attemptAt(1)]);
      store.advance(1_001);
      expect(await takeOne(store)).toMatchObject({ id: event.id, attempts: 1 });
    });

    it.each([
      ['delivered', delivered],
      ['given up', givenUp],
    ])('what was %s, and leaves nothing of it behind but the log', async (_, verdict) => {
      const store = await open();
      await cancelOne(store, 'we_1');
      const event = await takeOne(store);
      expect(await leftovers(store, 'we_1')).toBe(4);
      const last = attemptAt(2, { outcome: 'delivered', status: 200, errorClass: undefined });
      await store.outbox.record({ event, attempt: last, verdict });
      expect(await leftovers(store, 'we_1')).toBe(0);
      expect(await store.outbox.countPending(shardOf(store))).toBe(0);
      expect(await store.outbox.read(event.tenant, 'we_1', event.id)).toBeUndefined();
      await store.outbox.record({ event, attempt: last, verdict });
      expect(await store.outbox.log(event.tenant, event.id)).toEqual([last]);
      const log = store.keys.deliveryLog(event.tenant, event.id);
      expect(await store.client.pttl(log)).toBeGreaterThan(0);
      store.advance(holdMs * 2);
      expect(await take(store)).toEqual([]);
    });

    it('a late end of an attempt that was taken for lost, without a second delivery', async () => {
      const store = await open();
      await cancelOne(store, 'we_1');
      const slow = await takeOne(store);
      store.advance(holdMs + 1);
      const again = await takeOne(store);
      expect(again).toEqual(slow);
      await store.outbox.record({ event: slow, attempt: attemptAt(1), verdict: delivered });
      await store.outbox.record({ event: again, attempt: attemptAt(2), verdict: retryIn(1) });
      store.advance(holdMs);
      expect(await take(store)).toEqual([]);
      expect(await store.outbox.log(slow.tenant, slow.id)).toHaveLength(1);
    });

    it('attempts in a log, oldest first, only the newest when there are many', async () => {
      const store = await open();
      await cancelOne(store, 'we_1');
      for (let n = 1; n <= 52; n += 1) {
        const event = await takeOne(store);
        await store.outbox.record({ event, attempt: attemptAt(n), verdict: retryIn(0) });
      }
      const event = await takeOne(store);
      const log = await store.outbox.log(event.tenant, event.id);
      expect(log.map((attempt) => attempt.atMs)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 3),
      );
      expect(log[0]).toEqual(attemptAt(3));
      expect(await store.outbox.log(event.tenant, 'evt_unknown')).toEqual([]);
    });
  });
}
