import { expect, onTestFinished, test } from 'vitest';
import { sampleCatalog, sampleLive, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { createManualClock } from '../runtime/manual-clock.ts';
import { createLiveView } from './live-view.ts';

function setup() {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const store = { waiting: 1, away: false };
  let catalog = sampleCatalog([sampleModel('alpha')]);
  const view = createLiveView({
    lanes: {
      live: async () => {
        if (store.away) throw new Error('away');
        return sampleLive({ waiting: store.waiting });
      },
    },
    jobs: { nowMs: async () => 5_000 + clock.monotonicMs() },
    catalog: () => catalog,
    clock,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => view.stop());
  const waiting = (model: string) => view.snapshot().models.get(model)?.waiting;
  return {
    view,
    clock,
    errors,
    store,
    waiting,
    configure: (...names: string[]) => {
      catalog = sampleCatalog(names.map((name) => sampleModel(name)));
    },
  };
}

test('is empty before the first refresh, then shows every configured model', async () => {
  const { view, waiting } = setup();
  expect(view.snapshot()).toEqual({ takenAtMs: 0, models: new Map() });
  const taken = await view.refresh();
  expect(taken).toEqual(view.snapshot());
  expect(taken.takenAtMs).toBe(5_000);
  expect(waiting('alpha')).toBe(1);
});

test('is refreshed every second, with the models as they are configured by then', async () => {
  const { view, clock, store, waiting, configure } = setup();
  view.start();
  await clock.settle();
  store.waiting = 2;
  configure('alpha', 'beta');
  await clock.advance(999);
  expect(waiting('alpha')).toBe(1);
  await clock.advance(1);
  expect(waiting('alpha')).toBe(2);
  expect(waiting('beta')).toBe(2);
});

test('keeps the last figures while the store is away, and goes on when it is back', async () => {
  const { view, clock, store, errors, waiting } = setup();
  view.start();
  await clock.settle();
  store.away = true;
  store.waiting = 3;
  await clock.advance(2_000);
  expect(waiting('alpha')).toBe(1);
  expect(errors).toHaveLength(2);
  store.away = false;
  await clock.advance(1_000);
  expect(waiting('alpha')).toBe(3);
});
