/** What every store must do so that waiting jobs can be moved to free lanes. */
import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import type { Ticket } from '@forebay/shared/domain/ticket';
import type { LaneStore, PermitRequest } from '@forebay/shared/ports/lane-store';
import { describe, expect, it } from 'vitest';
import {
  deploymentOf,
  newJob,
  type TestStore,
  tenantNamed,
  testTenant,
  useStore,
} from '../support/store.ts';
import { moveTo, mustRead } from './job-calls.ts';

const deployments = [deploymentOf('alpha')];
const places = deployments.reduce((sum, { concurrency }) => sum + concurrency, 0);

function ticketFor(priority: number, changes: Partial<Ticket> = {}): Ticket {
  return {
    ...{ job: newJobId(), fence: 1, tenant: testTenant, model: 'alpha' },
    ...{ requestedModel: 'alpha', priority, deadlineAtMs: 2_000_000_000_000, attempt: 1 },
    ...{ estimatedCostNanoUsd: 1n, reservedTokens: 8_192 },
    ...changes,
  };
}

const times = <Item>(count: number, make: () => Item): Item[] =>
  Array.from({ length: count }, make);

const idOf = ({ job, fence }: Ticket) => ticketId(job, fence);

/** Tickets of jobs that were made one after the other, the oldest first. */
async function offer(lanes: LaneStore, tickets: readonly Ticket[], windowBase: number) {
  for (const ticket of tickets) await lanes.offer('alpha', [ticket], windowBase);
}

const wish = (token: string, wanted: number) => ({
  ...{ model: 'alpha', token, wanted, deployments, holdMs: 1_000 },
});

const keep = (lanes: LaneStore, token: string, wanted: number) =>
  lanes.keepPlaces(wish(token, wanted));

function permitFor(ticket: Ticket): PermitRequest {
  const call = { model: 'alpha', ticket: idOf(ticket), holder: 'w1', tokens: 1, holdMs: 60_000 };
  return { ...call, deployments };
}

export function describePromotion(name: string, url: () => string): void {
  describe(`${name}: moving jobs to free lanes`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs: 1_000 });

    it('lists the tickets of a class in window and backlog, oldest job first', async () => {
      const { lanes } = await open();
      const other = { tenant: tenantNamed('other') };
      const urgent = [ticketFor(0), ticketFor(1, other), ticketFor(0), ticketFor(1)];
      const [first, second, third, fourth] = urgent.toSorted((a, b) => (a.job < b.job ? -1 : 1));
      if (!first || !second || !third || !fourth) throw new Error('there are four');
      await offer(lanes, [third, ticketFor(9), first, fourth, second], 2);
      const list = async (from: number, limit: number) =>
        (await lanes.listClass('alpha', { priorityClass: 'urgent', from, limit })).map(
          ({ id, tenant }) => [id, tenant],
        );
      const all = [first, second, third, fourth].map((each) => [idOf(each), each.tenant]);
      expect(await list(0, 10)).toEqual(all);
      expect(await list(1, 2)).toEqual(all.slice(1, 3));
      expect(await list(4, 2)).toEqual([]);
    });

    it('lists older jobs before newer ones that are more urgent or end sooner', async () => {
      const { lanes } = await open();
      const [patient, modest] = [{ deadlineAtMs: 3_000_000_000_000 }, { priority: 1 }];
      const made = [ticketFor(0, patient), ticketFor(0, modest), ...times(5, () => ticketFor(0))];
      const ids = made.map(({ job }) => job).toSorted();
      // The first two are the oldest, and stand last in the line of their tenant.
      const tickets = made.map((ticket, index) => ({ ...ticket, job: ids[index] ?? ticket.job }));
      const other = ticketFor(0, { tenant: tenantNamed('other') });
      await offer(lanes, [ticketFor(9), ...tickets, other], 1);
      const from = { priorityClass: 'urgent', limit: 2 } as const;
      const list = async (first: number) =>
        (await lanes.listClass('alpha', { ...from, from: first })).map(({ id }) => id);
      const all = [...tickets, other].map(idOf).toSorted();
      expect(await list(0)).toEqual(all.slice(0, 2));
      expect(await list(6)).toEqual(all.slice(6));
    });

    it('tells who is ahead, and how many of them are more urgent', async () => {
      const { lanes } = await open();
      const [bulk, normal, urgent] = [ticketFor(9), ticketFor(5), ticketFor(0)];
      const later = ticketFor(5);
      await offer(lanes, [bulk, normal], 2);
      await offer(lanes, [urgent, later], 2);
      const placeOf = (ticket: Ticket) => lanes.place('alpha', idOf(ticket));
      expect(await placeOf(urgent)).toEqual({ place: 'backlog', ahead: 0, moreUrgent: 0 });
      expect(await placeOf(normal)).toEqual({ place: 'window', ahead: 1, moreUrgent: 1 });
      expect(await placeOf(later)).toEqual({ place: 'backlog', ahead: 2, moreUrgent: 1 });
      expect(await placeOf(bulk)).toEqual({ place: 'window', ahead: 3, moreUrgent: 3 });
    });

    it('keeps no more places than are free, whoever asks', async () => {
      const { lanes } = await open();
      await lanes.acquire(permitFor(ticketFor(5)));
      await offer(lanes, [ticketFor(5)], 16);
      expect(await keep(lanes, 'one', 1)).toBe(1);
      expect(await keep(lanes, 'two', 100)).toBe(places - 3);
      expect(await keep(lanes, 'three', 1)).toBe(0);
    });

    it('keeps as many as may stand there in all, where that is asked for', async () => {
      const { lanes } = await open();
      await lanes.acquire(permitFor(ticketFor(5)));
      await offer(lanes, [ticketFor(5)], 16);
      const most = (token: string, standingMax: number) =>
        lanes.keepPlaces({ ...wish(token, 100), standingMax });
      expect(await most('one', 2)).toBe(0);
      expect(await most('two', places + 6)).toBe(places + 4);
      expect(await most('three', places + 7)).toBe(1);
      await lanes.hold('alpha', 'paused');
      expect(await most('four', places + 20)).toBe(0);
    });

    it('gives who asks again what it has, and takes back what is given back', async () => {
      const { lanes } = await open();
      expect(await keep(lanes, 'one', places)).toBe(places);
      expect(await keep(lanes, 'one', places)).toBe(places);
      await lanes.releasePlaces('alpha', 'one');
      await lanes.releasePlaces('alpha', 'one');
      expect(await keep(lanes, 'two', places)).toBe(places);
    });

    it('frees places by itself whose keeper is gone', async () => {
      const store = await open();
      expect(await keep(store.lanes, 'gone', places)).toBe(places);
      expect(await keep(store.lanes, 'next', 1)).toBe(0);
      store.advance(1_001);
      expect(await keep(store.lanes, 'next', 1)).toBe(1);
    });

    it('keeps none where nothing serves', async () => {
      const { lanes } = await open();
      await lanes.pause('alpha', 'alpha/main', 60_000);
      expect(await keep(lanes, 'one', 1)).toBe(0);
      const other = await open();
      await other.lanes.hold('alpha', 'paused');
      expect(await keep(other.lanes, 'one', 1)).toBe(0);
    });

    it('writes a promotion with the move, once, and into the ledger', async () => {
      const { jobs, ledger } = await open();
      const job = newJob();
      await jobs.admit(job);
      const promotion = { from: 'alpha', to: 'beta', premiumNanoUsd: 12n, savedMs: 4_000 };
      const cause = 'promoted' as const;
      const waiting = { fence: 1, from: ['queued' as const], attempt: undefined };
      const move = moveTo(job, 'beta', { ...waiting, workerDied: false, promotion, cause });
      const moved = await jobs.reassign(move);
      expect(await jobs.reassign(move)).toEqual(moved);
      const record = await mustRead(jobs, job);
      expect(record).toMatchObject({ state: 'queued', model: 'beta', fence: 2, promotion });
      expect(record.promotion?.atMs).toBeGreaterThan(0);
      const { lines: entries } = await ledger.tail(ledger.shardOf(job.tenant), 10);
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({
        next: 'beta',
        premium: '12',
        cause: 'promoted',
        spent: '0',
      });
    });
  });
}
