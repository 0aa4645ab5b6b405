/** What every lane store must tell of how calls end: figures and breakers. */
import { newHolder, newJobId, ticketId } from '@forebay/shared/domain/ids';
import { errorClasses } from '@forebay/shared/domain/outcome';
import { describe, expect, it } from 'vitest';
import { seededNumbers } from '../support/seeded-numbers.ts';
import { deploymentOf, type TestStore, testTenant, useStore } from '../support/store.ts';
import { bad, good, type Held, laneOf, quickBreaker } from './lane-calls.ts';

export function describeHealth(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url());
  const broken = deploymentOf('alpha', { concurrency: 5, breaker: quickBreaker });

  describe(`${name}: figures of deployments`, () => {
    it('shows percentiles, errors by class and throughput, once for each call', async () => {
      const store = await open();
      const lane = laneOf(store, [deploymentOf('alpha', { concurrency: 10 })]);
      expect((await lane.first())?.latency).toBeUndefined();
      for (let n = 0; n < 6; n += 1) await lane.call(good);
      await lane.call(bad);
      const held = await lane.take();
      await lane.release(held, good);
      await lane.release(held, good);
      store.advance(1_000);
      const live = await lane.live();
      expect(live).toMatchObject({ errorRate: 1 / 8, errors: { server_error: 1 } });
      expect(live.latency?.samples).toBe(7);
      expect(live.latency?.totalMs.p50).toBeCloseTo(100, -1.5);
      expect(live.latency?.firstByteMs?.p90).toBeCloseTo(20, -1);
      expect(live.latency?.perOutputTokenMs?.p50).toBeCloseTo(8, -0.5);
      expect(live.answersPerSecond).toBeCloseTo(7 / 3);
      expect(live.deployments?.[0]).toMatchObject({ latency: live.latency, running: 0 });
    });

    it('counts nothing of calls that were not made or ended for our own reasons', async () => {
      const lane = laneOf(await open(), [broken]);
      await lane.release(await lane.take());
      for (let n = 0; n < 5; n += 1) await lane.call({ ...bad, outcome: 'shutdown' });
      expect(await lane.first()).toMatchObject({ breaker: 'closed' });
      expect((await lane.live()).errorRate).toBeUndefined();
    });

    it('follows a shift within the newest calls, and forgets after a minute', async () => {
      const store = await open();
      const lane = laneOf(store, [deploymentOf('alpha', { concurrency: 10 })]);
      for (let n = 0; n < 60; n += 1) {
        await lane.call(good);
        store.advance(50);
      }
      for (let n = 0; n < 20; n += 1) {
        await lane.call({ ...good, totalMs: 900 });
        store.advance(50);
      }
      expect((await lane.live()).latency?.totalMs.p50).toBeGreaterThan(700);
      store.advance(61_000);
      expect((await lane.live()).latency).toBeUndefined();
    });

    it('keeps a bounded number of counters, whatever was measured', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha', { concurrency: 10, breaker: quickBreaker });
      const lane = laneOf(store, [deployment]);
      const random = seededNumbers(7);
      const below = (count: number): number => Math.floor(random() * count);
      const pages = Array.from({ length: 10 }, () => Array.from({ length: 60 }, () => 0));
      for (const page of pages) {
        await Promise.all(
          page.map(async () => {
            const { held } = await lane.ask();
            const outcome = ['succeeded' as const, ...errorClasses][below(22)] ?? 'succeeded';
            const times = { totalMs: 2 ** below(24), firstByteMs: 2 ** below(24) };
            const end = { outcome, ...times, outputTokens: 1 + below(4_000) };
            if (held !== undefined) await lane.release(held, end);
          }),
        );
        store.advance(400);
      }
      const { health } = store.keys.lane('alpha');
      const ring = Array.from({ length: 9 }, (_, n) => `${health}:${deployment.id}:${n}`);
      const sizes = await Promise.all(ring.map((key) => store.client.hlen(key)));
      // A count, a time, a field for each class, three histograms of 104 buckets.
      for (const size of sizes) expect(size).toBeLessThanOrEqual(2 + errorClasses.length + 3 * 104);
      expect(sizes.at(-1)).toBe(0);
      expect(await store.client.hlen(`${health}:${deployment.id}`)).toBeLessThanOrEqual(24);
      expect(await store.client.pttl(`${health}:${deployment.id}`)).toBeGreaterThan(0);
    });

    it('counts who waits by class, in window and backlog, and says how long', async () => {
      const store = await open();
      const deployment = deploymentOf('alpha');
      const job = () => newJobId();
      const ticket = (priority: number) => ({
        ...{ job: job(), fence: 1, tenant: testTenant, model: 'alpha', priority },
        ...{ requestedModel: 'alpha', deadlineAtMs: 2_000_000_000_000, attempt: 1 },
        ...{ estimatedCostNanoUsd: 1n, reservedTokens: 1 },
      });
      const tickets = [0, 5, 5, 9].map(ticket);
      await store.lanes.offer('alpha', tickets, 2);
      const figures = () => store.lanes.live('alpha', [deployment]);
      const waiting = async () => (await figures()).waitingByClass;
      expect(await waiting()).toEqual({ urgent: 1, normal: 2, bulk: 1 });
      await store.lanes.offer('alpha', tickets, 2);
      store.advance(5_000);
      const { oldestWaitMs } = await figures();
      expect(Object.keys(oldestWaitMs ?? {})).toEqual(['normal', 'bulk']);
      expect(oldestWaitMs?.bulk).toBeGreaterThanOrEqual(5_000);
      for (const { job: id } of tickets.slice(1)) {
        await store.lanes.withdraw('alpha', ticketId(id, 1));
        await store.lanes.withdraw('alpha', ticketId(id, 1));
      }
      expect(await waiting()).toEqual({ urgent: 1 });
      await store.lanes.take({ model: 'alpha', windowBase: 2, limit: 5 });
      const [first] = tickets;
      if (first !== undefined) await store.lanes.withdraw('alpha', ticketId(first.job, 1));
      expect(await waiting()).toEqual({});
    });
  });

  describe(`${name}: the breaker of a deployment`, () => {
    it('opens after failures in a row, and lets one call at a time try', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      await lane.call(bad);
      await lane.call(good);
      for (let n = 0; n < 2; n += 1) expect(await lane.call(bad)).toBeUndefined();
      expect(await lane.call(bad)).toMatchObject({ state: 'open', reason: 'server_error' });
      expect((await lane.ask()).permit).toMatchObject({ kind: 'denied', scarce: 'breaker' });
      expect(await lane.first()).toMatchObject({ breaker: 'open', concurrency: 0 });
      store.advance(1_001);
      expect(await lane.first()).toMatchObject({ breaker: 'half_open', concurrency: 1 });
      const asked = await Promise.all(Array.from({ length: 8 }, () => lane.ask()));
      const granted = asked.filter(({ permit }) => permit.kind === 'granted');
      expect(granted).toHaveLength(1);
      expect(asked.find(({ permit }) => permit.kind === 'denied')?.permit).toMatchObject({
        scarce: 'breaker',
      });
    });

    it('stays open longer each time that the try fails, up to its maximum', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      for (const expectedMs of [2_000, 3_000, 3_000]) {
        store.advance(3_001);
        const change = await lane.call({ ...bad, outcome: 'timeout' });
        expect(change).toMatchObject({ state: 'open', reason: 'timeout' });
        // A tenth less at most: the jitter.
        expect(change?.openMs).toBeLessThanOrEqual(expectedMs);
        expect(change?.openMs).toBeGreaterThanOrEqual(expectedMs * 0.9);
      }
    });

    it('lets calls in step by step after a try that was answered, then closes', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      expect(await lane.call(good)).toMatchObject({ state: 'ramping' });
      const held: Held[] = [];
      const fill = async (): Promise<number> => {
        for (;;) {
          const { held: next } = await lane.ask();
          if (next === undefined) return held.length;
          held.push(next);
        }
      };
      expect(await fill()).toBe(1);
      for (const allowed of [2, 3, 4, 5]) {
        store.advance(1_000);
        expect((await lane.first())?.concurrency).toBe(allowed);
        expect(await fill()).toBe(allowed);
      }
      expect((await lane.first())?.breaker).toBe('closed');
      const changes = [];
      for (const each of held) changes.push(await lane.release(each, good));
      expect(changes[0]).toMatchObject({ state: 'closed' });
      expect(changes.slice(1)).toEqual([undefined, undefined, undefined, undefined]);
    });

    it('opens again after two failures while it ramps, but not for calls from before', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      const old = [await lane.take(), await lane.take()];
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      await lane.call(good);
      store.advance(2_000);
      for (const held of old) {
        expect(await lane.release(held, { ...bad, totalMs: 3_000 })).toBeUndefined();
      }
      expect(await lane.call(bad)).toBeUndefined();
      expect(await lane.call(bad)).toMatchObject({ state: 'open' });
    });

    it('opens when too many of enough calls fail, though never often in a row', async () => {
      const lane = laneOf(await open(), [broken]);
      const changes = [];
      for (const end of [good, bad, good, bad, good, bad, good, bad, good]) {
        changes.push(await lane.call(end));
      }
      expect(changes.every((change) => change === undefined)).toBe(true);
      expect(await lane.call(bad)).toMatchObject({ state: 'open' });
    });

    it('frees the try when its holder gives the permit back without a call', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      const probe = await lane.take();
      expect((await lane.ask()).permit.kind).toBe('denied');
      await lane.release(probe);
      const next = await lane.take();
      expect((await lane.ask()).permit.kind).toBe('denied');
      // One that never comes back holds the others up for the longest time of being open.
      store.advance(3_001);
      expect((await lane.ask()).permit.kind).toBe('granted');
      expect(await lane.release(next, bad)).toBeUndefined();
    });

    it('lets no other call try while the first one runs, and heeds its late answer', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      const probe = await lane.take();
      for (let n = 0; n < 4; n += 1) {
        store.advance(12_000);
        await store.lanes.heartbeat('alpha', 'w1');
        const { permit } = await lane.ask();
        expect(permit).toMatchObject({ kind: 'denied', scarce: 'breaker' });
        // Not four times a second for as long as it runs.
        expect(permit.kind === 'denied' && permit.retryInMs).toBeGreaterThanOrEqual(12_000);
      }
      const late = await lane.release(probe, { ...good, totalMs: 48_000 });
      expect(late).toMatchObject({ state: 'ramping' });
    });

    it('lets another call try once the worker of the first one is dead', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      await lane.take();
      await store.lanes.heartbeat('alpha', 'w1');
      store.advance(14_000);
      expect((await lane.ask()).permit.kind).toBe('denied');
      // A lease after its last sign of life.
      store.advance(1_001);
      expect((await lane.ask()).permit.kind).toBe('granted');
    });

    it('lets another call try when the worker of the first one was started again', async () => {
      const store = await open();
      const [before, after] = [newHolder('w1'), newHolder('w1')];
      const lane = laneOf(store, [broken], { holder: before });
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      store.advance(1_001);
      await lane.take();
      await store.lanes.heartbeat('alpha', before);
      for (let n = 0; n < 2; n += 1) {
        store.advance(7_501);
        await store.lanes.heartbeat('alpha', after);
      }
      expect((await lane.ask()).permit.kind).toBe('granted');
    });

    it('gives a repeated answer without counting twice, in an exchange too', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      const [held, other] = [await lane.take(), await lane.take()];
      for (let n = 0; n < 3; n += 1) expect(await lane.release(held, bad)).toBeUndefined();
      const next = { model: 'alpha', ticket: ticketId(newJobId(), 1), holder: 'w1' };
      for (let n = 0; n < 3; n += 1) {
        const asked = { ...next, deployments: [broken], tokens: 0, holdMs: 60_000 };
        const { permit, breaker } = await store.lanes.exchange(lane.returned(other, bad), asked);
        expect([permit.kind, breaker]).toEqual(['granted', undefined]);
      }
      expect(await lane.first()).toMatchObject({ breaker: 'closed' });
      expect(await lane.call(bad)).toMatchObject({ state: 'open' });
    });

    it('is off where the configuration says so, also when it is open', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      const off = laneOf(store, [deploymentOf('alpha', { concurrency: 5 })]);
      expect(await off.first()).toMatchObject({ breaker: 'closed', concurrency: 5 });
      expect(await off.call(bad)).toMatchObject({ state: 'closed' });
      for (let n = 0; n < 9; n += 1) expect(await off.call(bad)).toBeUndefined();
    });

    it('sends calls to another deployment meanwhile', async () => {
      const store = await open();
      const spare = deploymentOf('alpha', { id: 'alpha/spare', order: 1, breaker: quickBreaker });
      const lane = laneOf(store, [broken, spare]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      expect((await lane.take()).deployment.id).toBe('alpha/spare');
      store.advance(1_001);
      expect((await lane.take()).deployment.id).toBe('alpha/main');
      expect((await lane.take()).deployment.id).toBe('alpha/spare');
    });

    it('opens by hand for a time, then lets one call try and ramps', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      const running = await lane.take();
      const set = (state: 'open' | 'closed', forMs: number) =>
        store.lanes.setBreaker('alpha', {
          ...{ deployment: broken, state, forMs, by: 'key:ops', why: 'it moves' },
        });
      expect(await set('open', 90_000_000)).toBe('closed');
      expect((await lane.ask()).permit).toMatchObject({ kind: 'denied', scarce: 'breaker' });
      const told = { breakerReason: 'operator', breakerBy: 'key:ops', breakerWhy: 'it moves' };
      expect(await lane.first()).toMatchObject({ breaker: 'open', ...told });
      // The end of a call from before must not let the state go early.
      expect(await lane.release(running, bad)).toBeUndefined();
      const health = `${store.keys.lane('alpha').health}:${broken.id}`;
      expect(await store.client.pttl(health)).toBeGreaterThan(90_000_000);
      store.advance(90_000_001);
      expect((await lane.first())?.breaker).toBe('half_open');
      expect(await lane.call(good)).toMatchObject({ state: 'ramping' });
      expect(await set('closed', 0)).toBe('ramping');
      const after = await lane.first();
      expect(after).toMatchObject({ breaker: 'closed', concurrency: broken.concurrency });
      expect(after?.breakerBy).toBeUndefined();
    });

    it('stays closed by hand for a time, whatever fails, and then opens as ever', async () => {
      const store = await open();
      const lane = laneOf(store, [broken]);
      for (let n = 0; n < 3; n += 1) await lane.call(bad);
      const order = { deployment: broken, state: 'closed', by: 'key:ops', why: undefined } as const;
      expect(await store.lanes.setBreaker('alpha', { ...order, forMs: 5_000 })).toBe('open');
      for (let n = 0; n < 12; n += 1) expect(await lane.call(bad)).toBeUndefined();
      expect(await lane.first()).toMatchObject({ breaker: 'closed', breakerBy: 'key:ops' });
      store.advance(5_001);
      expect(await lane.call(bad)).toMatchObject({ state: 'open', reason: 'server_error' });
      expect((await lane.first())?.breakerBy).toBeUndefined();
    });
  });
}
