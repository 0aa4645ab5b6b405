/** What every lane store must see to when it chooses among deployments. */
import type { Deployment } from '@forebay/shared/domain/model-catalog';
import { rampInto } from '@forebay/shared/routing/ramp-into';
import { describe, expect, it } from 'vitest';
import { sampleCatalog, sampleModel } from '../support/sample-catalog.ts';
import { seededNumbers } from '../support/seeded-numbers.ts';
import { deploymentOf, type TestStore, useStore } from '../support/store.ts';
import { bad, good, type Held, laneOf, quickBreaker } from './lane-calls.ts';

const named = (id: string, changes: Partial<Deployment> = {}): Deployment =>
  deploymentOf('alpha', { id: `alpha/${id}`, ...changes });

/** How often the ramp is looked at, and what the server's own clock may add meanwhile. */
const [stepMs, slackMs] = [200, 300];

type Lane = ReturnType<typeof laneOf>;

async function openBreaker(lane: Lane): Promise<void> {
  for (let n = 0; n < quickBreaker.failures - 1; n += 1) await lane.call(bad);
  expect(await lane.call(bad)).toMatchObject({ state: 'open' });
}

/** @returns how many calls run at each step of a ramp, when there are always more to run. */
async function fillOver(
  store: TestStore,
  laneNow: () => Lane | Promise<Lane>,
): Promise<readonly number[]> {
  const runs: number[] = [];
  let running = 0;
  for (let passedMs = 0; passedMs <= quickBreaker.rampMs; passedMs += stepMs) {
    const lane = await laneNow();
    while ((await lane.ask()).held !== undefined) running += 1;
    runs.push(running);
    store.advance(stepMs);
  }
  return runs;
}

interface Traffic {
  readonly deployments: readonly Deployment[];
  /** How long the calls of each take, by the store's clock. */
  readonly takesMs: readonly number[];
  /** Of all that the deployments can take. */
  readonly load: number;
  readonly calls: number;
}

/**
 * Sends calls by chance to a lane and ends each when its time has come.
 *
 * @returns for each deployment, the share of its places that was taken on average.
 */
async function busyShares(store: TestStore, traffic: Traffic): Promise<readonly number[]> {
  const { deployments, takesMs, load, calls } = traffic;
  const lane = laneOf(store, deployments);
  const random = seededNumbers(11);
  const capacity = deployments.reduce((sum, { concurrency }, n) => {
    return sum + concurrency / (takesMs[n] ?? 1);
  }, 0);
  const running: { readonly held: Held; readonly endsMs: number; readonly tookMs: number }[] = [];
  const busyMs = deployments.map(() => 0);
  let [nowMs, arrivesMs] = [0, 0];
  const moveTo = (atMs: number): void => {
    store.advance(atMs - nowMs);
    nowMs = atMs;
  };
  const endFirst = async (): Promise<void> => {
    running.sort((left, right) => right.endsMs - left.endsMs);
    const next = running.pop();
    if (next === undefined) throw new Error('nothing runs');
    moveTo(Math.max(nowMs, next.endsMs));
    await lane.release(next.held, { ...good, totalMs: next.tookMs });
  };
  for (let n = 0; n < calls; n += 1) {
    arrivesMs += Math.round(-Math.log(1 - random()) / (load * capacity));
    while (running.some(({ endsMs }) => endsMs <= arrivesMs)) await endFirst();
    moveTo(Math.max(nowMs, arrivesMs));
    let { held } = await lane.ask();
    while (held === undefined) {
      await endFirst();
      ({ held } = await lane.ask());
    }
    const index = deployments.indexOf(held.deployment);
    const tookMs = takesMs[index] ?? 0;
    running.push({ held, endsMs: nowMs + tookMs, tookMs });
    busyMs[index] = (busyMs[index] ?? 0) + tookMs;
  }
  while (running.length > 0) await endFirst();
  return busyMs.map((ms, n) => ms / (nowMs * (deployments[n]?.concurrency ?? 1)));
}

export function describeBalance(name: string, url: () => string): void {
  const open = (): Promise<TestStore> => useStore(url());
  /** Where so many calls go that take a moment and end before the next one. */
  const countOn = async (store: TestStore, deployments: readonly Deployment[], calls: number) => {
    const lane = laneOf(store, deployments);
    const counts = deployments.map(() => 0);
    for (let n = 0; n < calls; n += 1) {
      const held = await lane.take();
      const index = deployments.indexOf(held.deployment);
      counts[index] = (counts[index] ?? 0) + 1;
      await lane.release(held, good);
    }
    return counts;
  };

  describe(`${name}: the choice among deployments`, () => {
    it.each([
      { load: 0.3, places: [4, 4], takesMs: [400, 100] },
      { load: 0.5, places: [4, 16], takesMs: [300, 300] },
      { load: 0.8, places: [2, 8], takesMs: [100, 200] },
    ])('loads $places places at $takesMs ms alike at a load of $load', async (scene) => {
      const deployments = scene.places.map((concurrency, n) => named(`d${n}`, { concurrency }));
      const shares = await busyShares(await open(), { ...scene, deployments, calls: 90 });
      const [first = 0, second = 0] = shares;
      expect(first).toBeGreaterThan(scene.load / 2);
      expect(Math.abs(first / second - 1)).toBeLessThanOrEqual(0.1);
    });

    it('goes by places and weights where calls take equally long', async () => {
      const store = await open();
      const [large, small] = [
        named('large', { concurrency: 300 }),
        named('small', { concurrency: 100 }),
      ];
      const lane = laneOf(store, [large, small]);
      const held: Held[] = [];
      for (let n = 0; n < 80; n += 1) held.push(await lane.take());
      expect(held.filter(({ deployment }) => deployment === small)).toHaveLength(20);
      await Promise.all(held.map((each) => lane.release(each, good)));
      expect(await countOn(store, [large, small], 40)).toEqual([30, 10]);
      const heavy = [large, { ...small, weight: 3 }];
      const [onLarge = 0] = await countOn(store, heavy, 40);
      expect(Math.abs(onLarge - 20)).toBeLessThanOrEqual(2);
    });

    it('begins with a new one where the others are, and catches up on a few calls', async () => {
      const store = await open();
      const [old, added] = [named('old'), named('added')];
      const rest = named('rest');
      await countOn(store, [old, rest], 12);
      expect(await countOn(store, [old, added], 8)).toEqual([4, 4]);
      // It is not asked for the next 24 calls, and makes up for four on each of its four places.
      await countOn(store, [old], 24);
      const [onOld = 0] = await countOn(store, [old, added], 24);
      expect(Math.abs(onOld - 4)).toBeLessThanOrEqual(1);
    });

    it('sends no more calls to one because they fail at once', async () => {
      const store = await open();
      const both = [named('well'), named('failing')];
      await countOn(store, both, 4);
      const lane = laneOf(store, both);
      let failed = 0;
      for (let n = 0; n < 40; n += 1) {
        const held = await lane.take();
        const fails = held.deployment === both[1];
        if (fails) failed += 1;
        const change = lane.release(held, fails ? bad : good);
        expect(await change).toBeUndefined();
      }
      expect(Math.abs(failed - 20)).toBeLessThanOrEqual(1);
    });

    it('counts the work of a call once, however often its permit is given back', async () => {
      const store = await open();
      const both = [named('one'), named('two')];
      const lane = laneOf(store, both);
      const level = () =>
        store.client.hget(`${store.keys.lane('alpha').health}:alpha/one`, 'level');
      const held = await lane.take();
      expect(await level()).toBe('0.000');
      for (let n = 0; n < 3; n += 1) {
        await lane.release(held, { ...good, totalMs: 900 });
        expect(await level()).toBe('225.000');
      }
    });
  });

  describe(`${name}: the ramp after an outage`, () => {
    it('stays under its line, never takes back, and ends with all', async () => {
      const store = await open();
      const deployment = named('main', { concurrency: 12, breaker: quickBreaker });
      const lane = laneOf(store, [deployment]);
      await openBreaker(lane);
      store.advance(1_001);
      expect(await lane.call(good)).toMatchObject({ state: 'ramping' });
      const runs = await fillOver(store, () => lane);
      expect(runs.filter((count, n) => count < (runs[n - 1] ?? 0))).toEqual([]);
      for (const [n, count] of runs.entries()) {
        const line = 1 + 11 * Math.min(1, (n * stepMs + slackMs) / quickBreaker.rampMs);
        expect(count).toBeLessThanOrEqual(line);
        expect(count).toBeGreaterThanOrEqual(
          Math.floor(1 + (11 * n * stepMs) / quickBreaker.rampMs),
        );
      }
      expect([runs[0], runs.at(-1)]).toEqual([1, 12]);
    });

    it('leads into the model that stands in by a line of its own', async () => {
      const store = await open();
      const main = named('main', { breaker: quickBreaker });
      const spare = deploymentOf('spare', { concurrency: 12, breaker: quickBreaker });
      const models = [
        sampleModel('alpha', { deployments: [main], fallbacks: ['spare'] }),
        sampleModel('spare', { deployments: [spare] }),
      ];
      const catalog = sampleCatalog(models);
      const failing = laneOf(store, [main]);
      await openBreaker(failing);
      const seen = new Map([['alpha', await failing.live()]]);
      const takenAtMs = () => store.jobs.nowMs();
      const runs = await fillOver(store, async () => {
        const live = { takenAtMs: await takenAtMs(), models: seen };
        return laneOf(
          store,
          rampInto(sampleModel('spare', { deployments: [spare] }), { catalog, live }),
          { model: 'spare' },
        );
      });
      for (const [n, count] of runs.entries()) {
        const share = Math.min(1, 0.25 + (0.75 * (n * stepMs + slackMs)) / quickBreaker.rampMs);
        expect(count).toBeLessThanOrEqual(Math.ceil(12 * share));
        expect(count).toBeGreaterThanOrEqual(runs[n - 1] ?? 3);
      }
      expect(runs.at(-1)).toBe(12);
    });
  });
}
