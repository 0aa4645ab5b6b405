import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleLive,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { BreakerState, DeploymentLive } from '../domain/live-figures.ts';
import type { ModelLive } from '../domain/route-plan.ts';
import { rampInto } from './ramp-into.ts';

const breaker = {
  ...{ failures: 5, errorRate: 0.5, callsMin: 20 },
  ...{ openMs: 5_000, openMsMax: 60_000, rampMs: 10_000 },
};

const spare = sampleModel('spare', {
  deployments: [sampleDeployment({ id: 'spare/main', concurrency: 20, breaker })],
});
const main = sampleModel('main', { fallbacks: ['spare'] });

function outSince(breakerSinceMs: number, state: BreakerState = 'open'): Partial<ModelLive> {
  const deployment: DeploymentLive = {
    ...{ id: 'main/main', running: 0, concurrency: 0, breaker: state, breakerSinceMs },
    ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
  };
  return { deployments: [deployment] };
}

function placesOf(
  live: Readonly<Record<string, Partial<ModelLive>>>,
  catalog = sampleCatalog([main, spare]),
): number | undefined {
  const entries = Object.entries(live).map(
    ([name, figures]) => [name, sampleLive(figures)] as const,
  );
  const scene = { catalog, live: { takenAtMs: 100_000, models: new Map(entries) } };
  return rampInto(spare, scene)[0]?.concurrency;
}

describe('a model that stands in for another one', () => {
  test('gets a quarter of its places at first and all of them after the ramp', () => {
    expect(placesOf({ main: outSince(100_000) })).toBe(5);
    expect(placesOf({ main: outSince(96_000, 'half_open') })).toBe(11);
    expect(placesOf({ main: outSince(90_000) })).toBe(20);
  });

  test('is not held below twice what it usually runs', () => {
    const usual = { answersPerSecond: 8, serviceMs: 1_000 };
    expect(placesOf({ main: outSince(100_000), spare: usual })).toBe(16);
    const busy = { ...usual, answersPerSecond: 15 };
    expect(placesOf({ main: outSince(100_000), spare: busy })).toBe(20);
  });

  test('is found by the routes, too', () => {
    const targets = ['main', 'spare'].map((model) => ({ model, weight: 1 }));
    const route = { name: 'auto', strategy: 'cheapest' as const, targets };
    const catalog = sampleCatalog([sampleModel('main'), spare], [route]);
    expect(placesOf({ main: outSince(100_000) }, catalog)).toBe(5);
  });
});

describe('nothing is held back', () => {
  test('while no model is out, however idle this one has been', () => {
    expect(placesOf({})).toBe(20);
    expect(placesOf({ main: outSince(0, 'closed'), spare: {} })).toBe(20);
    expect(placesOf({ main: outSince(99_000, 'ramping') })).toBe(20);
  });

  test('for a model that has nothing to do with the one that is out', () => {
    const catalog = sampleCatalog([sampleModel('main'), spare]);
    expect(placesOf({ main: outSince(100_000) }, catalog)).toBe(20);
  });
});
