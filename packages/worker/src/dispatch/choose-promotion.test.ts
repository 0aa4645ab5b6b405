import type { JobRecord } from '@forebay/shared/domain/job';
import type { PromotionSettings } from '@forebay/shared/domain/promotion';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleLive,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { candidateFor, plainSpec, planFor } from '../../../../test/support/store.ts';
import { choosePromotion, type PromotionQuestion, premiumOf } from './choose-promotion.ts';

const nowMs = 1_000_500;

const settings: PromotionSettings = {
  limits: { urgent: 2_000, high: 10_000, normal: 'deadline', low: 'off' },
  toFallbacks: false,
};

const price = { ...samplePrice, output: 3n * samplePrice.output };
const models = [
  sampleModel('alpha', { fallbacks: ['spare'] }),
  sampleModel('spare', { deployments: [sampleDeployment({ id: 'spare/main', price })] }),
];
const targets = models.map(({ name }) => ({ model: name, weight: 1 }));
const catalog = sampleCatalog(models, [{ name: 'auto', strategy: 'cheapest', targets }]);

/** Two calls of 5 s at a time. */
const busy = { serviceMs: 5_000, concurrency: 2, running: 2, waiting: 3 };

interface Scene {
  readonly record?: Partial<JobRecord>;
  readonly spec?: Partial<JobRecord['spec']>;
  readonly lane?: Partial<ModelLive>;
  readonly same?: number;
  readonly rooms?: Readonly<Record<string, number>>;
  readonly settings?: Partial<PromotionSettings>;
  readonly brownout?: string;
}

function choose(scene: Scene = {}) {
  const spec = { ...plainSpec, features: sampleFeatures(), requested: 'auto', ...scene.spec };
  const record = sampleRecord({
    ...{ priority: 0, plan: planFor(candidateFor('alpha', 400n), candidateFor('spare', 900n)) },
    ...scene.record,
    spec,
  });
  const question: PromotionQuestion = {
    record,
    nowMs,
    catalog,
    live: {
      takenAtMs: nowMs,
      models: new Map([
        ['alpha', sampleLive({ ...busy, ...scene.lane })],
        ['spare', sampleLive({ serviceMs: 1_000 })],
      ]),
    },
    ahead: { moreUrgent: 0, same: scene.same ?? 1 },
    rooms: new Map(Object.entries(scene.rooms ?? { spare: 1 })),
    settings: { ...settings, ...scene.settings },
    brownout: scene.brownout,
  };
  return choosePromotion(question);
}

describe('a job that waits for longer than its class may', () => {
  test('goes to the first candidate with a free place', () => {
    // 5 ÷ 3 s until a call ends, 2.5 s for the one ahead; it has waited for half a second.
    expect(choose()).toEqual({ to: 'spare', waitMs: 4_167 });
  });

  test('stays while what it has waited and will wait is within the limit', () => {
    expect(choose({ record: { priority: 2 } })).toBe(undefined);
    const longAgo = { priority: 2, createdAtMs: nowMs - 9_000 };
    expect(choose({ record: longAgo })).toEqual({ to: 'spare', waitMs: 4_167 });
  });

  test('counts from when it began to wait for this model', () => {
    const change = { version: 1, reasonCode: 'queued', model: 'alpha', attempts: 0 };
    const history = [
      { ...change, atMs: nowMs - 60_000, state: 'queued' as const },
      { ...change, atMs: nowMs - 50_000, state: 'running' as const },
      { ...change, atMs: nowMs - 1_000, state: 'queued' as const },
    ];
    const record = { priority: 2, createdAtMs: nowMs - 60_000, history };
    expect(choose({ record })).toBe(undefined);
  });

  test('stays when a move gains next to nothing', () => {
    const lane = { serviceMs: 1_000 };
    const record = { createdAtMs: nowMs - 60_000 };
    expect(choose({ record, lane, same: 0 })).toBe(undefined);
    expect(choose({ record, lane, same: 1 })).toEqual({ to: 'spare', waitMs: 833 });
  });

  test('goes by what has passed where the lane has answered nothing yet', () => {
    const lane = { serviceMs: undefined };
    expect(choose({ lane })).toBe(undefined);
    const record = { createdAtMs: nowMs - 2_001 };
    expect(choose({ lane, record })).toEqual({ to: 'spare', waitMs: undefined });
  });
});

describe('a job whose deadline is in danger', () => {
  const record = { priority: 5, deadlineAtMs: nowMs + 5_000 };

  test('goes where it is in time, although its class waits without limit', () => {
    expect(choose({ record })).toEqual({ to: 'spare', waitMs: 4_167 });
    expect(choose({ record: { ...record, deadlineAtMs: nowMs + 10_000 } })).toBe(undefined);
  });

  test('stays where it would be late elsewhere, too, or where it begins at once', () => {
    expect(choose({ record: { ...record, deadlineAtMs: nowMs + 900 } })).toBe(undefined);
    expect(choose({ record, lane: { running: 0, waiting: 0 }, same: 0 })).toBe(undefined);
  });

  test('stays when its class never moves', () => {
    for (const priority of [7, 9]) {
      expect(choose({ record: { ...record, priority } })).toBe(undefined);
    }
  });
});

test.each<[string, Scene]>([
  ['has no free place to go to', { rooms: {} }],
  ['finds a place only where it stands', { rooms: { alpha: 1 } }],
  ['was moved before', { record: { promotion: movedBefore() } }],
  ['waits for money', { record: { waitsFor: { kind: 'in_flight' } } }],
  ['runs', { record: { state: 'running' } }],
  ['named just this model', { spec: { requested: 'alpha' } }],
  ['stands on the model of its session', { spec: withDirectives({ stickTo: 'alpha' }) }],
  ['would rather not be there', { spec: withDirectives({ avoidModels: ['spare'] }) }],
  ['has too little left', { record: { money: moneyLeft(1_000n) } }],
  ['must pay more while money runs short', { brownout: 'less than 10 % is left' }],
])('a job stays that %s', (_, scene) => {
  expect(choose(scene)).toBe(undefined);
});

test('fallbacks take the strain where the operator lets them', () => {
  const scene = { spec: { requested: 'alpha' }, settings: { toFallbacks: true } };
  expect(choose(scene)?.to).toBe('spare');
});

test('a premium is what the candidate will probably cost more, or less', () => {
  const record = sampleRecord({ plan: planFor(candidateFor('alpha', 400n)) });
  expect(premiumOf(record, candidateFor('spare', 900n))).toBe(250n);
  expect(premiumOf(record, candidateFor('spare', 100n))).toBe(-150n);
});

function movedBefore(): JobRecord['promotion'] {
  return { from: 'beta', to: 'alpha', premiumNanoUsd: 1n, savedMs: 1, atMs: 1 };
}

function withDirectives(directives: object): Partial<JobRecord['spec']> {
  return { directives: { because: [], ...directives } };
}

function moneyLeft(ceiling: bigint): JobRecord['money'] {
  return { ceiling, reserved: 0n, spent: 0n, unknown: 0n };
}
