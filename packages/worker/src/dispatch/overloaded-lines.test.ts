import type { PromotionSettings } from '@forebay/shared/domain/promotion';
import type { LiveSnapshot, ModelLive } from '@forebay/shared/domain/route-plan';
import { expect, test } from 'vitest';
import { sampleCatalog, sampleLive, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { freePlaces } from './free-places.ts';
import { mayRelieve, overloadedLines } from './overloaded-lines.ts';

const nowMs = 1_000_000;
const catalog = sampleCatalog(['alpha', 'spare'].map((name) => sampleModel(name)));
const settings: PromotionSettings = {
  limits: { urgent: 2_000, high: 10_000, normal: 'deadline', low: 'off' },
  toFallbacks: false,
};

function liveOf(lanes: Readonly<Record<string, Partial<ModelLive>>>): LiveSnapshot {
  const models = Object.entries(lanes).map(
    ([name, figures]) => [name, sampleLive(figures)] as const,
  );
  return { takenAtMs: nowMs, models: new Map(models) };
}

function linesOf(alpha: Partial<ModelLive>, rooms = new Map([['spare', 1]])) {
  // One call of 1 s at a time: half a second until it ends, then one each second.
  const lane = { serviceMs: 1_000, concurrency: 1, running: 1, ...alpha };
  const found = overloadedLines({ catalog, live: liveOf({ alpha: lane }), settings, rooms });
  return found.map(({ priorityClass, moreUrgent }) => `${priorityClass} behind ${moreUrgent}`);
}

test('a line is overloaded when its last job may wait for longer than the limit', () => {
  expect(linesOf({ waiting: 1, waitingByClass: { urgent: 1 } })).toEqual([]);
  expect(linesOf({ waiting: 2, waitingByClass: { urgent: 2 } })).toEqual(['urgent behind 0']);
  const oldestWaitMs = { urgent: 1_600 };
  expect(linesOf({ waiting: 1, waitingByClass: { urgent: 1 }, oldestWaitMs })).toEqual([
    'urgent behind 0',
  ]);
});

test('the most urgent line comes first; classes that never move do not come', () => {
  const waitingByClass = { urgent: 3, high: 2, normal: 2, low: 9, bulk: 9 };
  expect(linesOf({ waiting: 25, waitingByClass })).toEqual([
    'urgent behind 0',
    'high behind 3',
    'normal behind 5',
  ]);
});

test.each<[string, Partial<ModelLive>]>([
  ['a lane that nobody serves', { poolAlive: false }],
  ['a lane that an operator holds', { held: 'paused' }],
  ['a lane without jobs of these classes', { waitingByClass: { bulk: 9 } }],
])('%s has no line', (_, figures) => {
  expect(linesOf({ waiting: 9, waitingByClass: { urgent: 9 }, ...figures })).toEqual([]);
});

test('a lane that has answered nothing yet may be overloaded', () => {
  const waitingByClass = { urgent: 1, normal: 1 };
  expect(linesOf({ serviceMs: undefined, waiting: 2, waitingByClass })).toEqual([
    'urgent behind 0',
  ]);
});

test('nothing is looked at while nobody has a free place', () => {
  const busy = { waiting: 9, waitingByClass: { urgent: 9 } };
  expect(linesOf(busy, new Map())).toEqual([]);
});

test('places are free where a deployment serves and nobody waits for them', () => {
  const deployment = {
    ...{ id: 'spare/main', running: 1, concurrency: 4, breaker: 'closed' as const },
    ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
  };
  const placesWith = (spare: Partial<ModelLive>) => freePlaces(catalog, liveOf({ spare }));
  expect(placesWith({ running: 1, waiting: 1 })).toEqual(new Map([['spare', 2]]));
  expect(placesWith({ deployments: [deployment, { ...deployment, running: 9 }] })).toEqual(
    new Map([['spare', 3]]),
  );
  const away = [
    { ...deployment, stopped: true },
    { ...deployment, pausedUntilMs: nowMs + 1 },
    { ...deployment, breaker: 'half_open' as const },
  ];
  expect(placesWith({ deployments: away })).toEqual(new Map());
  for (const spare of [{ poolAlive: false }, { stopped: true }, { pausedUntilMs: nowMs + 1 }]) {
    expect(placesWith(spare)).toEqual(new Map());
  }
});

test('a line is not listed unless another model has room that serves the same', () => {
  const line = { model: 'alpha', priorityClass: 'urgent', moreUrgent: 0 } as const;
  const vectors = sampleModel('vectors', { kinds: ['embeddings'] });
  const models = sampleCatalog([...catalog.models.values(), vectors]);
  const may = (name: string) => mayRelieve(models, line, new Map([[name, 1]]));
  expect(['spare', 'alpha', 'vectors'].map(may)).toEqual([true, false, false]);
});
