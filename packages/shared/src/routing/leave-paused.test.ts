import { describe, expect, test } from 'vitest';
import {
  inputOf,
  names,
  nowMs,
  plan,
  routed,
  type Scene,
  whyNot,
} from '../../../../test/support/plan-scene.ts';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import type { DeploymentLive } from '../domain/live-figures.ts';
import { planRoute } from './plan-route.ts';

const three = [sampleModel('a'), sampleModel('b'), sampleModel('c')];
const catalog = sampleCatalog(three);
const pausedFor = (ms: number) => ({ pausedUntilMs: nowMs + ms });

const between = (live: Scene['live'], scene: Partial<Scene> = {}) =>
  plan({ catalog, models: ['a', 'b'], live: live ?? {}, ...scene });

describe('a model whose provider asked to wait', () => {
  test('is passed over while another one would begin sooner', () => {
    const result = between({ a: pausedFor(30_000) });
    expect(names(result)).toEqual(['b']);
    expect(whyNot(result, 'a')).toMatchObject({
      code: 'paused',
      reason: 'paused for 30000 ms, b would begin sooner',
    });
  });

  test.each(['cheapest', 'balanced', 'round-robin', 'weighted'] as const)(
    'is passed over on a route by %s, timed or not',
    (strategy) => {
      for (const timed of [{}, { serviceMs: 100 }]) {
        const live = { a: { ...pausedFor(30_000), ...timed } };
        const result = plan({ catalog: routed(strategy, three.slice(0, 2)), live });
        expect(names(result)).toEqual(['b']);
      }
    },
  );

  test('gives its named jobs to its fallback', () => {
    const models = [sampleModel('a', { fallbacks: ['b'] }), sampleModel('b')];
    const live = { a: pausedFor(30_000) };
    const result = plan({ catalog: sampleCatalog(models), requested: 'a', live });
    expect(names(result)).toEqual(['b']);
  });

  test('keeps its jobs for a short pause, and while the other one has a longer line', () => {
    expect(names(between({ a: pausedFor(1_000) }))).toEqual(['a', 'b']);
    const busy = { serviceMs: 1_000, running: 4, waiting: 40 };
    expect(names(between({ a: pausedFor(5_000), b: busy }))).toEqual(['a', 'b']);
    expect(names(between({ a: pausedFor(30_000), b: busy }))).toEqual(['b']);
  });

  test('is waited for rather than a line that nobody has timed', () => {
    const a = { ...pausedFor(2_000), serviceMs: 100 };
    expect(names(between({ a, b: { running: 4, waiting: 5_000 } }))).toEqual(['a', 'b']);
    expect(names(between({ a, b: { running: 3, waiting: 1 } }))).toEqual(['a', 'b']);
    expect(names(between({ a, b: { running: 3 } }))).toEqual(['b']);
    const full = { a: { ...pausedFor(30_000), waiting: 4 }, b: { running: 4 } };
    expect(names(between(full))).toEqual(['a', 'b']);
  });

  test.each<[string, Partial<Scene>]>([
    ['of the class low', { priority: 7 }],
    ['of the class bulk', { priority: 9 }],
    ['of a session with it', { directives: { stickTo: 'a', because: [] } }],
  ])('keeps jobs %s that would be answered in time after the pause', (_, scene) => {
    const live = { a: { ...pausedFor(30_000), serviceMs: 1_000 } };
    expect(names(between(live, { ...scene, deadlineInMs: 32_000 }))).toEqual(['a', 'b']);
    expect(names(between(live, { ...scene, deadlineInMs: 30_500 }))).toEqual(['b']);
    const late = { a: { ...pausedFor(30_000), serviceMs: 50_000 }, b: { serviceMs: 70_000 } };
    expect(names(between(late, scene))).toEqual(['b']);
    const session = { directives: { stickTo: 'b', because: [] } };
    expect(names(between(live, { ...scene, ...session, priority: 5 }))).toEqual(['b']);
  });

  test('keeps jobs that begin only when the pause is over', () => {
    const live = { a: pausedFor(30_000) };
    expect(names(between(live, { countsFromMs: nowMs + 40_000 }))).toEqual(['a', 'b']);
    expect(names(between(live, { countsFromMs: nowMs - 40_000 }))).toEqual(['b']);
  });

  test('is waited for where nothing else is left, or only what takes no calls', () => {
    const a = pausedFor(30_000);
    expect(names(plan({ catalog, models: ['a'], live: { a } }))).toEqual(['a']);
    expect(names(between({ a, b: { poolAlive: false } }))).toEqual(['a']);
    expect(names(between({ a, b: { held: 'paused' } }))).toEqual(['a']);
  });

  test('is rather waited for than a model that the job avoids is taken', () => {
    const directives = { avoidModels: ['b'], because: [] };
    expect(names(between({ a: pausedFor(30_000) }, { directives }))).toEqual(['a']);
    const neither = { avoidModels: ['a', 'b'], because: [] };
    expect(names(between({ a: pausedFor(30_000) }, { directives: neither }))).toEqual(['b']);
  });

  test('is taken when it is the first of all to recover', () => {
    const live = { a: pausedFor(30_000), b: pausedFor(5_000), c: pausedFor(5_500) };
    const result = plan({ catalog, models: ['a', 'b', 'c'], live });
    expect(names(result)).toEqual(['b', 'c']);
    expect(whyNot(result, 'a')?.code).toBe('paused');
  });

  test('is free when one of its deployments is', () => {
    const main: DeploymentLive = {
      ...{ id: 'a/main', running: 0, concurrency: 4, breaker: 'closed', stopped: false },
      ...{ openUntilMs: 0, pausedUntilMs: nowMs + 30_000 },
    };
    const spare = { ...main, id: 'a/spare' };
    expect(names(between({ a: { deployments: [main, spare] } }))).toEqual(['b']);
    const open = { ...spare, pausedUntilMs: 0 };
    expect(names(between({ a: { deployments: [main, open] } }))).toEqual(['a', 'b']);
    const broken: DeploymentLive = { ...open, breaker: 'open', openUntilMs: nowMs + 9_000 };
    expect(whyNot(between({ a: { deployments: [main, broken] } }), 'a')?.code).toBe('paused');
  });

  test('stays in the plan of a job whose attempt has just failed', () => {
    const input = inputOf({ catalog, models: ['a', 'b'], live: { a: pausedFor(30_000) } });
    expect(names(planRoute({ ...input, keepsPaused: true }))).toEqual(['a', 'b']);
  });

  test('shows that it begins after its pause, also when nobody has timed it', () => {
    const live = { a: pausedFor(30_000) };
    const [first] = plan({ catalog, models: ['a'], live }).candidates;
    expect(first).toMatchObject({ startMs: 30_000, expectedMs: undefined });
    const held = { a: { ...pausedFor(30_000), held: 'paused' as const } };
    expect(plan({ catalog, models: ['a'], live: held }).candidates[0]?.startMs).toBeUndefined();
  });
});
