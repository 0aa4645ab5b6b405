/** What every lane store must do; run on a single server and on a cluster. */
import type { ContentClass } from '@forebay/shared/domain/content-class';
import { newJobId, type TenantId, ticketId } from '@forebay/shared/domain/ids';
import type { Ticket } from '@forebay/shared/domain/ticket';
import type { LaneStore, PermitRequest } from '@forebay/shared/ports/lane-store';
import { describe, expect, it } from 'vitest';
import {
  deploymentOf,
  type TestStore,
  tenantNamed,
  testTenant,
  useStore,
} from '../support/store.ts';

function ticketFor(changes: Partial<Ticket> = {}): Ticket {
  return {
    job: newJobId(),
    fence: 1,
    tenant: testTenant,
    model: 'alpha',
    requestedModel: 'alpha',
    priority: 5,
    deadlineAtMs: 2_000_000_000_000,
    attempt: 1,
    estimatedCostNanoUsd: 1n,
    reservedTokens: 8_192,
    ...changes,
  };
}

async function fill(lanes: LaneStore, tickets: readonly Ticket[]): Promise<void> {
  await lanes.offer('alpha', tickets, 1);
}

function idOf(ticket: Ticket) {
  return ticketId(ticket.job, ticket.fence);
}

/** Takes tickets one at a time, with a window that has room for each. */
async function takeAll(lanes: LaneStore, count: number) {
  const taken = [];
  for (let n = 0; n < count; n += 1) {
    taken.push(...(await lanes.take({ model: 'alpha', windowBase: 10_000, limit: 1 })));
  }
  return taken;
}

function permitFor(ticket: Ticket, changes: Partial<PermitRequest> = {}): PermitRequest {
  return {
    model: 'alpha',
    ticket: idOf(ticket),
    holder: 'w1',
    deployments: [deploymentOf('alpha')],
    tokens: 100,
    holdMs: 60_000,
    ...changes,
  };
}

export function describeLaneStore(name: string, url: () => string): void {
  describe(`${name}: the lane store`, () => {
    const open = (): Promise<TestStore> => useStore(url(), { leaseMs: 1_000 });

    it('sends tickets straight to the window until it is full, then to the backlog', async () => {
      const { lanes } = await open();
      const tickets = [ticketFor(), ticketFor(), ticketFor()];
      const places = [];
      for (const ticket of tickets) places.push(...(await lanes.offer('alpha', [ticket], 2)));
      expect(places).toEqual(['window', 'window', 'backlog']);
      expect(await lanes.offer('alpha', tickets, 2)).toEqual(places);
    });

    it('does not let a new ticket overtake those that wait', async () => {
      const { lanes } = await open();
      const [first, second, late] = [ticketFor(), ticketFor(), ticketFor()];
      await fill(lanes, [first, second]);
      await lanes.withdraw('alpha', idOf(first));
      expect(await lanes.offer('alpha', [late], 1)).toEqual(['backlog']);
      const place = { place: 'backlog', ahead: 1, moreUrgent: 0 };
      expect(await lanes.place('alpha', idOf(late))).toEqual(place);
    });

    it('takes urgent before bulk, and gives bulk its published minimum all the same', async () => {
      const { lanes } = await open();
      await fill(lanes, [ticketFor()]);
      const urgent = Array.from({ length: 60 }, () => ticketFor({ priority: 0 }));
      const bulk = Array.from({ length: 60 }, () => ticketFor({ priority: 9 }));
      await fill(lanes, [...bulk, ...urgent]);
      const taken = await takeAll(lanes, 60);
      const ofBulk = taken.filter(({ ticket }) => ticket.priority === 9);
      // 5 % of 60 places are 3; rounding may hold one back.
      expect(ofBulk.length).toBeGreaterThanOrEqual(2);
      expect(ofBulk.length).toBeLessThanOrEqual(4);
      expect(ofBulk.every(({ guaranteed }) => guaranteed)).toBe(true);
      const urgentOnes = taken.filter(({ ticket }) => ticket.priority === 0);
      expect(urgentOnes.filter(({ guaranteed }) => guaranteed)).toEqual([]);
    });

    it('shares a class over tenants by reserved tokens, whatever each has waiting', async () => {
      const { lanes } = await open();
      await fill(lanes, [ticketFor()]);
      const busy = tenantNamed('busy');
      const quiet = tenantNamed('quiet');
      await fill(
        lanes,
        Array.from({ length: 80 }, () => ticketFor({ tenant: busy })),
      );
      await fill(
        lanes,
        Array.from({ length: 20 }, () => ticketFor({ tenant: quiet })),
      );
      const taken = await takeAll(lanes, 40);
      const count = (tenant: TenantId): number =>
        taken.filter(({ ticket }) => ticket.tenant === tenant).length;
      expect(count(busy)).toBe(20);
      expect(count(quiet)).toBe(20);
    });

    it('orders one tenant by priority, then by deadline', async () => {
      const { lanes } = await open();
      await fill(lanes, [ticketFor()]);
      const late = ticketFor({ priority: 4, deadlineAtMs: 2_000_000_000_000 });
      const soon = ticketFor({ priority: 4, deadlineAtMs: 1_900_000_000_000 });
      const lower = ticketFor({ priority: 6, deadlineAtMs: 1_800_000_000_000 });
      await fill(lanes, [lower, late, soon]);
      const taken = await takeAll(lanes, 3);
      expect(taken.map(({ ticket }) => ticket)).toEqual([soon, late, lower]);
    });

    it('never has more permits out than the concurrency, whoever asks', async () => {
      const { lanes } = await open();
      const tickets = Array.from({ length: 30 }, () => ticketFor());
      const results = await Promise.all(tickets.map((ticket) => lanes.acquire(permitFor(ticket))));
      expect(results.filter((result) => result.kind === 'granted')).toHaveLength(4);
      expect(results.find((result) => result.kind === 'denied')).toMatchObject({
        scarce: 'concurrency',
      });
    });

    it('gives the holder the same permit again, and frees it once', async () => {
      const { lanes } = await open();
      const [holder, next] = [ticketFor(), ticketFor()];
      const deployment = deploymentOf('alpha', { concurrency: 1 });
      const ask = (ticket: Ticket) =>
        lanes.acquire(permitFor(ticket, { deployments: [deployment] }));
      const release = {
        model: 'alpha',
        ticket: idOf(holder),
        holder: 'w1',
        deployment,
        reservedTokens: 100,
        usedTokens: 10,
        serviceMs: 200,
      };
      expect((await ask(holder)).kind).toBe('granted');
      expect((await ask(holder)).kind).toBe('granted');
      expect((await ask(next)).kind).toBe('denied');
      await lanes.release(release);
      await lanes.release(release);
      expect((await ask(next)).kind).toBe('granted');
      const live = await lanes.live('alpha', [deployment]);
      expect(live).toMatchObject({ running: 1, serviceMs: 200, concurrency: 1 });
    });

    it('learns how far guesses at tokens are off, by class, within bounds', async () => {
      const { lanes } = await open();
      const deployment = deploymentOf('alpha', { concurrency: 1 });
      const giveBack = async (content: ContentClass, factor: number): Promise<void> => {
        const ticket = ticketFor();
        await lanes.acquire(permitFor(ticket, { deployments: [deployment] }));
        const back = {
          ...{ model: 'alpha', ticket: idOf(ticket), holder: 'w1', deployment },
          ...{ reservedTokens: 100, usedTokens: 10, serviceMs: 5, lesson: { content, factor } },
        };
        await lanes.release(back);
        await lanes.release(back);
      };
      const factors = async () => (await lanes.live('alpha', [deployment])).tokenFactors;
      expect(await factors()).toEqual({});
      await giveBack('json', 2);
      expect(await factors()).toEqual({ json: 1.1 });
      await giveBack('cjk', 1_000);
      expect(await factors()).toEqual({ json: 1.1, cjk: 1.3 });
      for (let calls = 0; calls < 60; calls += 1) await giveBack('json', 2);
      expect((await factors())?.json).toBeCloseTo(2, 1);
    });

    it('exchanges a permit for the next one in one step, and repeats the answer', async () => {
      const { lanes } = await open();
      const [holder, next, other] = [ticketFor(), ticketFor(), ticketFor()];
      const deployments = [deploymentOf('alpha', { concurrency: 1, tpm: 1_000 })] as const;
      const requestOf = (ticket: Ticket) => permitFor(ticket, { deployments, tokens: 900 });
      await lanes.acquire(requestOf(holder));
      const back = {
        ...{ model: 'alpha', ticket: idOf(holder), holder: 'w1', deployment: deployments[0] },
        ...{ reservedTokens: 900, usedTokens: 0, serviceMs: 200 },
      };
      const exchange = () => lanes.exchange(back, requestOf(next));
      const permit = { kind: 'granted', deployment: deployments[0].id };
      expect(await exchange()).toEqual({ permit });
      expect(await exchange()).toEqual({ permit });
      expect((await lanes.acquire(requestOf(other))).kind).toBe('denied');
      expect(await lanes.live('alpha', deployments)).toMatchObject({ running: 1, serviceMs: 200 });
    });

    it('gives a permit back though the exchange finds none', async () => {
      const { lanes } = await open();
      const [holder, next] = [ticketFor(), ticketFor()];
      const deployment = deploymentOf('alpha', { concurrency: 1 });
      const requestOf = (ticket: Ticket) => permitFor(ticket, { deployments: [deployment] });
      await lanes.acquire(requestOf(holder));
      await lanes.pause('alpha', deployment.id, 60_000);
      const back = {
        ...{ model: 'alpha', ticket: idOf(holder), holder: 'w1', deployment },
        ...{ reservedTokens: 100, usedTokens: undefined, serviceMs: undefined },
      };
      const denied = await lanes.exchange(back, requestOf(next));
      expect(denied.permit).toMatchObject({ kind: 'denied', scarce: 'paused' });
      expect((await lanes.live('alpha', [deployment])).running).toBe(0);
    });

    it('gives two workers with the same ticket a permit each', async () => {
      const { lanes } = await open();
      const ticket = ticketFor();
      const deployment = deploymentOf('alpha', { concurrency: 2 });
      const ask = (holder: string) =>
        lanes.acquire(permitFor(ticket, { holder, deployments: [deployment] }));
      await ask('w1');
      await ask('w2');
      await lanes.release({
        model: 'alpha',
        ticket: idOf(ticket),
        holder: 'w2',
        deployment,
        reservedTokens: 100,
        usedTokens: 0,
        serviceMs: undefined,
      });
      expect((await lanes.live('alpha', [deployment])).running).toBe(1);
    });

    it('counts a permit that nobody gives back until its call must be over', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 1 });
      const ask = () =>
        store.lanes.acquire(permitFor(ticketFor(), { deployments: [deployment], holdMs: 5_000 }));
      expect((await ask()).kind).toBe('granted');
      store.advance(4_900);
      expect((await ask()).kind).toBe('denied');
      store.advance(200);
      expect((await ask()).kind).toBe('granted');
    });

    it('spaces requests by the rate per minute after the stated burst', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 100, rpm: 60, rpmBurst: 2 });
      const ask = () => store.lanes.acquire(permitFor(ticketFor(), { deployments: [deployment] }));
      expect((await ask()).kind).toBe('granted');
      expect((await ask()).kind).toBe('granted');
      const denied = await ask();
      expect(denied).toMatchObject({ kind: 'denied', scarce: 'rpm' });
      store.advance(denied.kind === 'denied' ? denied.retryInMs : 0);
      expect((await ask()).kind).toBe('granted');
    });

    it('takes tokens per minute at the reservation and gives back what was not used', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 100, tpm: 1_000 });
      const ask = (ticket: Ticket) =>
        store.lanes.acquire(permitFor(ticket, { deployments: [deployment], tokens: 900 }));
      const [first, second] = [ticketFor(), ticketFor()];
      expect((await ask(first)).kind).toBe('granted');
      expect(await ask(second)).toMatchObject({ kind: 'denied', scarce: 'tpm' });
      await store.lanes.release({
        model: 'alpha',
        ticket: idOf(first),
        holder: 'w1',
        deployment,
        reservedTokens: 900,
        usedTokens: 50,
        serviceMs: 10,
      });
      expect((await ask(second)).kind).toBe('granted');
    });

    it('holds the later of two pauses, and picks the deployment that is free', async () => {
      const store = await open();
      const deployments = [
        deploymentOf('alpha', { id: 'alpha/a', order: 0 }),
        deploymentOf('alpha', { id: 'alpha/b', order: 1 }),
      ];
      const ask = () => store.lanes.acquire(permitFor(ticketFor(), { deployments }));
      await store.lanes.pause('alpha', 'alpha/a', 10_000);
      await store.lanes.pause('alpha', 'alpha/a', 1_000);
      expect(await ask()).toEqual({ kind: 'granted', deployment: 'alpha/b' });
      store.advance(9_000);
      expect(await ask()).toEqual({ kind: 'granted', deployment: 'alpha/b' });
      store.advance(1_001);
      expect(await ask()).toEqual({ kind: 'granted', deployment: 'alpha/a' });
    });

    it('says once that a deployment was stopped, and tries it again later', async () => {
      const store = await open();
      expect(await store.lanes.stop('alpha', 'alpha/main')).toBe(true);
      expect(await store.lanes.stop('alpha', 'alpha/main')).toBe(false);
      const live = await store.lanes.live('alpha', [deploymentOf('alpha')]);
      expect(live.stopped).toBe(true);
      expect(await store.lanes.acquire(permitFor(ticketFor()))).toMatchObject({
        scarce: 'stopped',
      });
      store.advance(5 * 60_000 + 1);
      expect((await store.lanes.acquire(permitFor(ticketFor()))).kind).toBe('granted');
    });

    it('starts no call while an operator holds the model, and lets running ones end', async () => {
      const store = await open();
      const { lanes } = store;
      const running = permitFor(ticketFor());
      expect((await lanes.acquire(running)).kind).toBe('granted');
      const holdOf = async () => (await lanes.live('alpha', [deploymentOf('alpha')])).held;
      expect(await holdOf()).toBeUndefined();
      for (const hold of ['paused', 'draining'] as const) {
        await lanes.hold('alpha', hold);
        expect(await lanes.hold('alpha', hold)).toBe(hold);
        expect(await holdOf()).toBe(hold);
        const denied = await lanes.acquire(permitFor(ticketFor()));
        expect(denied).toEqual({ kind: 'denied', retryInMs: 1_000, scarce: 'held' });
        // Whoever has a permit already asks again and goes on.
        expect((await lanes.acquire(running)).kind).toBe('granted');
      }
      expect(await lanes.hold('alpha', undefined)).toBe('draining');
      expect(await lanes.hold('alpha', undefined)).toBeUndefined();
      expect((await lanes.acquire(permitFor(ticketFor()))).kind).toBe('granted');
    });

    it('calls a pool dead when no worker gave a sign of life for a lease', async () => {
      const store = await open();
      const alive = async () =>
        (await store.lanes.live('alpha', [deploymentOf('alpha')])).poolAlive;
      expect(await alive()).toBe(false);
      await store.lanes.heartbeat('alpha', 'w1');
      expect(await alive()).toBe(true);
      store.advance(1_001);
      expect(await alive()).toBe(false);
    });

    it('lists what stands in window and backlog with its tenant', async () => {
      const store = await open();
      const [inWindow, waiting] = [ticketFor(), ticketFor({ tenant: tenantNamed('other') })];
      await fill(store.lanes, [inWindow, waiting]);
      store.advance(5_000);
      const stale = await store.lanes.listStaleWindow('alpha', 1_000, 10);
      expect(stale).toMatchObject([{ id: idOf(inWindow), tenant: 'dev' }]);
      expect(await store.lanes.listStaleWindow('alpha', 1_000, 10)).toEqual([]);
      expect(await store.lanes.listWaiting('alpha', 10)).toMatchObject([
        { id: idOf(waiting), tenant: 'other' },
      ]);
    });
  });
}
