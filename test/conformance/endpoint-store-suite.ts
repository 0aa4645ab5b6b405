/** What every store of webhook endpoints must do; run on a single server and on a cluster. */
import type { JobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { WebhookEndpoint, WebhookFilter } from '@forebay/shared/domain/webhook-endpoint';
import type { OutboxEvent } from '@forebay/shared/ports/outbox-store';
import { describe, expect, it } from 'vitest';
import { endpointFor } from '../support/endpoint-for.ts';
import { newJob, type TestStore, tenantNamed, testTenant, useStore } from '../support/store.ts';

const holdMs = 30_000;
const attempt = {
  atMs: 1,
  durationMs: 12,
  outcome: 'failed',
  status: 503,
  errorClass: 'http_status',
  responseExcerpt: undefined,
} as const;
const retry = { kind: 'retry', afterMs: 1_000 } as const;

async function register(
  store: TestStore,
  filters: readonly WebhookFilter[] = ['*'],
): Promise<WebhookEndpoint> {
  const endpoint = endpointFor(testTenant, filters);
  expect(await store.endpoints.write(endpoint)).toBe('written');
  return endpoint;
}

async function cancelJobs(store: TestStore, count: number): Promise<readonly JobId[]> {
  const ids: JobId[] = [];
  for (let done = 0; done < count; done += 1) {
    const job = newJob();
    await store.jobs.admit(job);
    await store.jobs.cancel(job);
    ids.push(job.id);
  }
  return ids;
}

function take(store: TestStore): Promise<readonly OutboxEvent[]> {
  const shard = store.keys.shardOf(testTenant);
  return store.outbox.take({ shard, limit: 100, perEndpoint: 4, holdMs });
}

async function takeOne(store: TestStore): Promise<OutboxEvent> {
  const [event, ...others] = await take(store);
  if (event === undefined || others.length > 0) throw new Error('one event should be due');
  return event;
}

async function fail(store: TestStore, event: OutboxEvent, holdForMs: number) {
  const endpoint = { kind: 'fails', holdMs: holdForMs } as const;
  return store.outbox.record({ event, attempt, verdict: retry, endpoint });
}

function deliver(store: TestStore, event: OutboxEvent) {
  const verdict = { kind: 'delivered' } as const;
  return store.outbox.record({ event, attempt, verdict, endpoint: { kind: 'delivers' } });
}

async function leftovers(store: TestStore, { id }: WebhookEndpoint): Promise<number> {
  const shard = store.keys.shardOf(testTenant);
  const own = Object.values(store.keys.endpoint(shard, id));
  return store.client.exists(...own, store.keys.endpointsDue(shard));
}

function describeKeeping(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: registered endpoints`, () => {
    it('are kept as they were written, for their tenant only', async () => {
      const store = await open();
      const endpoint = await register(store, ['job.failed', 'webhook.endpoint_disabled']);
      const { id } = endpoint;
      expect(await store.endpoints.read({ tenant: testTenant, id })).toEqual(endpoint);
      expect(await store.endpoints.list(testTenant)).toEqual([endpoint]);
      const other = tenantNamed('acme');
      expect(await store.endpoints.read({ tenant: other, id })).toBeUndefined();
      expect(await store.endpoints.list(other)).toEqual([]);
      expect(await store.endpoints.remove({ tenant: other, id })).toBe(false);
      expect(await store.endpoints.test({ tenant: other, id }, 'evt_x', {})).toBe(false);
    });

    it('change only from the version that was seen, and a repeat is the same change', async () => {
      const store = await open();
      const endpoint = await register(store);
      const next = { ...endpoint, url: 'https://b.example/', version: 2 };
      expect(await store.endpoints.write(next)).toBe('written');
      expect(await store.endpoints.write(next)).toBe('written');
      expect(await store.endpoints.write({ ...next, url: 'https://c.example/' })).toBe('conflict');
      expect(await store.endpoints.write({ ...endpoint, url: 'https://c.example/' })).toBe(
        'conflict',
      );
      const unknown = { ...endpointFor(testTenant, ['*']), version: 2 };
      expect(await store.endpoints.write(unknown)).toBe('missing');
      expect(await store.endpoints.list(testTenant)).toEqual([next]);
    });

    it('are so many for a tenant and no more', async () => {
      const store = await open();
      for (let n = 0; n < limits.webhookEndpointsMax; n += 1) await register(store);
      expect(await store.endpoints.write(endpointFor(testTenant, ['*']))).toBe('full');
      expect(await store.endpoints.list(testTenant)).toHaveLength(limits.webhookEndpointsMax);
    });

    it('leave nothing behind when they are removed', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 3);
      await fail(store, (await take(store))[0] ?? expect.fail('none taken'), 0);
      expect(await leftovers(store, endpoint)).toBe(8);
      expect(await store.endpoints.remove(endpoint)).toBe(true);
      expect(await store.endpoints.remove(endpoint)).toBe(false);
      expect(await leftovers(store, endpoint)).toBe(0);
      await cancelJobs(store, 1);
      expect(await leftovers(store, endpoint)).toBe(0);
    });
  });
}

function describeEvents(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: the events of registered endpoints`, () => {
    it('come in the step that ends the job, to each endpoint that wants them', async () => {
      const store = await open();
      const all = await register(store);
      const some = await register(store, ['job.cancelled', 'job.failed']);
      const others = await register(store, ['job.succeeded']);
      const [job] = await cancelJobs(store, 1);
      const events = await take(store);
      expect(new Set(events.map(({ endpointId }) => endpointId))).toEqual(
        new Set([all.id, some.id]),
      );
      for (const event of events) {
        expect(event).toMatchObject({ type: 'job.cancelled', job, version: 2, sequence: 1 });
        expect(event.id).toMatch(/^evt_[0-9a-f]{40}_1$/);
      }
      expect(events[0]?.id).not.toBe(events[1]?.id);
      expect((await store.endpoints.listEvents(others, 0, 10)).newest).toBe(0);
    });

    it('are numbered without holes, listed from any number, and once for each change', async () => {
      const store = await open();
      const endpoint = await register(store);
      const jobs = await cancelJobs(store, 7);
      const last = newJob({ id: jobs[6] ?? expect.fail('seven were made') });
      await store.jobs.cancel(last);
      const { events, newest } = await store.endpoints.listEvents(endpoint, 2, 3);
      expect(newest).toBe(7);
      expect(events.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
      expect(events.map(({ job }) => job)).toEqual(jobs.slice(2, 5));
      expect((await store.endpoints.listEvents(endpoint, 7, 3)).events).toEqual([]);
    });

    it('leave the list when they are old, and the numbers tell', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 60);
      store.advance(limits.retentionMs + 1);
      await cancelJobs(store, 4);
      const { events, newest } = await store.endpoints.listEvents(endpoint, 0, 100);
      expect([events[0]?.sequence, events.length, newest]).toEqual([61, 4, 64]);
    });

    it('go only into the list of one that is off, and what waited is forgotten', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 2);
      const off = { ...endpoint, disabled: 'by_request' as const, version: 2 };
      expect(await store.endpoints.write(off)).toBe('written');
      await cancelJobs(store, 2);
      expect(await take(store)).toEqual([]);
      const { events } = await store.endpoints.listEvents(endpoint, 0, 10);
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    });

    it('tell other endpoints when one is switched off, once', async () => {
      const store = await open();
      const endpoint = await register(store);
      const other = await register(store, ['webhook.endpoint_disabled']);
      const off = { ...endpoint, disabled: 'failing' as const, version: 2 };
      const told = { id: endpoint.id };
      for (let n = 0; n < 2; n += 1) {
        expect(await store.endpoints.write(off, told)).toBe('written');
      }
      const event = await takeOne(store);
      expect(event).toMatchObject({
        type: 'webhook.endpoint_disabled',
        endpointId: other.id,
        data: told,
        sequence: 1,
      });
      expect((await store.endpoints.listEvents(endpoint, 0, 10)).newest).toBe(0);
    });

    it('tell other endpoints when one is given up, once', async () => {
      const store = await open();
      const endpoint = await register(store, ['job.cancelled', 'webhook.message_exhausted']);
      const other = await register(store, ['webhook.message_exhausted']);
      await cancelJobs(store, 1);
      const event = await takeOne(store);
      const verdict = { kind: 'given_up', endpointGone: false } as const;
      const exhausted = { event_id: event.id };
      const end = { event, attempt, verdict, exhausted };
      expect(await store.outbox.record(end)).toEqual({ kind: 'recorded', failingForMs: 0 });
      expect(await store.outbox.record(end)).toEqual({ kind: 'stale' });
      expect(await takeOne(store)).toMatchObject({
        type: 'webhook.message_exhausted',
        endpointId: other.id,
        data: exhausted,
      });
      expect((await store.endpoints.listEvents(endpoint, 0, 10)).newest).toBe(1);
    });
  });
}

function describeHealth(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: an endpoint that fails`, () => {
    it('gets nothing while it is held, then one event at a time until one arrives', async () => {
      const store = await open();
      await register(store);
      await cancelJobs(store, 9);
      const first = await take(store);
      expect(first).toHaveLength(4);
      for (const event of first) await fail(store, event, 60_000);
      await cancelJobs(store, 1);
      expect(await take(store)).toEqual([]);
      store.advance(60_001);
      const probe = await takeOne(store);
      expect(probe.endpointFailures).toBe(4);
      expect(await take(store)).toEqual([]);
      await deliver(store, probe);
      const next = await take(store);
      expect(next).toHaveLength(4);
      expect(next[0]?.endpointFailures).toBe(0);
    });

    it('is known to have failed since its first failure after the last delivery', async () => {
      const store = await open();
      await register(store);
      await cancelJobs(store, 1);
      const failOnce = async () => {
        const recorded = await fail(store, await takeOne(store), 0);
        store.advance(60_000);
        return recorded.kind === 'recorded' ? Math.floor(recorded.failingForMs / 1_000) : -1;
      };
      expect([await failOnce(), await failOnce(), await failOnce()]).toEqual([0, 60, 120]);
      await deliver(store, await takeOne(store));
      await cancelJobs(store, 1);
      expect(await failOnce()).toBe(0);
    });

    it('keeps its newest attempts, newest first', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 1);
      for (let n = 0; n < 3; n += 1) {
        const event = await takeOne(store);
        const line = { ...attempt, atMs: n };
        await store.outbox.record({ event, attempt: line, verdict: retry });
        store.advance(1_001);
      }
      const attempts = await store.endpoints.listAttempts(endpoint, 2);
      expect(attempts.map(({ atMs }) => atMs)).toEqual([2, 1]);
      expect(attempts[0]).toMatchObject({ type: 'job.cancelled', sequence: 1, status: 503 });
    });
  });
}

function describeReplay(name: string, open: () => Promise<TestStore>): void {
  describe(`${name}: a replay`, () => {
    it('brings back what is over, under its id, in a run of its own', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 1);
      const event = await takeOne(store);
      await deliver(store, event);
      expect(await take(store)).toEqual([]);
      const window = { first: 1, last: 1, limit: 10, eventId: event.id };
      expect(await store.endpoints.replay(endpoint, window)).toEqual({
        count: 1,
        last: 1,
        hasMore: false,
      });
      const again = await takeOne(store);
      expect(again).toMatchObject({ id: event.id, attempts: 0, sequence: 1 });
      expect(again.run).not.toBe(event.run);
      // The end of the first run arrives once more, late: it ends nothing of the second.
      expect(await deliver(store, event)).toEqual({ kind: 'stale' });
      expect(await deliver(store, again)).toMatchObject({ kind: 'recorded' });
    });

    it('of a window ends holds, hastens what waits, and leaves what is on its way', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 6);
      const taken = await take(store);
      for (const event of taken.slice(0, 3)) await fail(store, event, 3_600_000);
      const result = await store.endpoints.replay(endpoint, {
        first: 2,
        last: undefined,
        limit: 4,
      });
      expect(result).toEqual({ count: 4, last: 5, hasMore: true });
      // The fourth of those taken is still in flight, and held endpoints are tried singly.
      expect(await take(store)).toEqual([]);
      await deliver(store, taken[3] ?? expect.fail('four were taken'));
      expect((await take(store)).length).toBeGreaterThan(0);
    });

    it('finds nothing of another endpoint, id or tenant', async () => {
      const store = await open();
      const endpoint = await register(store);
      await cancelJobs(store, 1);
      const nothing = { count: 0, last: 0, hasMore: false };
      const window = { first: 1, last: 1, limit: 1 };
      const wrongId = { ...window, eventId: 'evt_other_1' };
      expect(await store.endpoints.replay(endpoint, wrongId)).toEqual(nothing);
      const foreign = { ...endpoint, tenant: tenantNamed('acme') };
      expect(await store.endpoints.replay(foreign, window)).toEqual(nothing);
      const off = { first: 5, last: undefined, limit: 1 };
      expect(await store.endpoints.replay(endpoint, off)).toEqual(nothing);
    });
  });

  it(`${name}: a test event goes first, past a hold, and has no number`, async () => {
    const store = await open();
    const endpoint = await register(store);
    await cancelJobs(store, 2);
    for (const event of await take(store)) await fail(store, event, 3_600_000);
    expect(await store.endpoints.test(endpoint, 'evt_test', { id: endpoint.id })).toBe(true);
    expect(await store.endpoints.test(endpoint, 'evt_test', { id: endpoint.id })).toBe(true);
    const event = await takeOne(store);
    expect(event).toMatchObject({ id: 'evt_test', type: 'webhook.test', sequence: undefined });
  });
}

export function describeEndpointStore(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url());
  describeKeeping(name, open);
  describeEvents(name, open);
  describeHealth(name, open);
  describeReplay(name, open);
}
