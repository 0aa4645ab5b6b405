// What routes do on live figures of real lanes: the order by price, and a shift of latency that
// every process follows within seconds. Two views stand for two processes.

import { newJobId, ticketId } from '@forebay/shared/domain/ids';
import { createLiveView, type LiveView } from '@forebay/shared/live/live-view';
import type { CallEnd } from '@forebay/shared/ports/lane-store';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { systemClock } from '@forebay/shared/runtime/clock';
import { expect, test } from 'vitest';
import { inputOf, names, routed } from '../support/plan-scene.ts';
import { useRedis } from '../support/redis.ts';
import { sampleModel, samplePriceRow } from '../support/sample-catalog.ts';
import { deploymentOf, type TestStore, useStore } from '../support/store.ts';

const redis = useRedis();
const models = ['alpha', 'beta', 'gamma'].map((name, index) => {
  const price = samplePriceRow({ input: 10n ** 9n, output: 10n ** BigInt(10 - index) });
  return sampleModel(name, { deployments: [deploymentOf(name, { concurrency: 8, price })] });
});

/** Processes that see the lanes of one store, each for itself. */
async function setup() {
  const store = await useStore(redis().url);
  const other = await useStore(redis().url, { namespace: store.namespace });
  for (const { name } of models) await store.lanes.heartbeat(name, 'w1');
  const catalog = routed('fastest', models);
  const views = [store, other].map(({ lanes, jobs }) =>
    createLiveView({
      ...{ lanes, jobs, catalog: () => catalog, clock: systemClock },
      onError: (error) => {
        throw error;
      },
    }),
  );
  const advance = (byMs: number): void => {
    store.advance(byMs);
    other.advance(byMs);
  };
  return { store, views, advance };
}

/** One call that ends now and has taken that long. */
async function call(store: TestStore, name: string, totalMs: number): Promise<void> {
  const ticket = ticketId(newJobId(), 1);
  const deployments = models.find((model) => model.name === name)?.deployments ?? [];
  const held = { model: name, ticket, holder: 'w1' };
  await store.lanes.acquire({ ...held, deployments, tokens: 0, holdMs: 60_000 });
  const end: CallEnd = { outcome: 'succeeded', totalMs, firstByteMs: 20, outputTokens: 10 };
  const [deployment = deploymentOf(name)] = deployments;
  const tokens = { reservedTokens: 0, usedTokens: 0 };
  await store.lanes.release({ ...held, ...tokens, deployment, serviceMs: totalMs, end });
}

/** The order of each process after it has looked again. */
async function orders(
  views: readonly LiveView[],
  strategy: 'cheapest' | 'fastest',
): Promise<readonly string[]> {
  const snapshots = await Promise.all(views.map((view) => view.refresh()));
  return snapshots.map((live) => {
    const { limits, ...input } = inputOf({ catalog: routed(strategy, models) });
    const nowMs = live.takenAtMs;
    return names(
      planRoute({ ...input, live, limits: { ...limits, nowMs, deadlineAtMs: nowMs + 600_000 } }),
    ).join(' ');
  });
}

test('every process goes by price, and follows a shift of latency within seconds', async () => {
  const { store, views, advance } = await setup();
  expect(await orders(views, 'cheapest')).toEqual(Array(2).fill('gamma beta alpha'));
  for (let round = 0; round < 40; round += 1) {
    await call(store, 'alpha', 200);
    await call(store, 'beta', 500);
    await call(store, 'gamma', 900);
    advance(100);
  }
  expect(await orders(views, 'fastest')).toEqual(Array(2).fill('alpha beta gamma'));
  // Two seconds of slow calls; the third is the age that a view may have.
  for (let round = 0; round < 20; round += 1) {
    await call(store, 'alpha', 1_500);
    await call(store, 'beta', 500);
    advance(100);
  }
  expect(await orders(views, 'fastest')).toEqual(Array(2).fill('beta gamma alpha'));
  expect(await orders(views, 'cheapest')).toEqual(Array(2).fill('gamma beta alpha'));
});
