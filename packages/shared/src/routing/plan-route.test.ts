import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  names,
  nowMs,
  plan,
  routed,
  type Scene,
  whyNot,
} from '../../../../test/support/plan-scene.ts';
import {
  sampleCatalog,
  sampleDeployment,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import type { BreakerState, DeploymentLive } from '../domain/live-figures.ts';
import { routeStrategies } from '../domain/model-catalog.ts';
import type { RouteCandidate } from '../domain/route-plan.ts';

const three = [sampleModel('a'), sampleModel('b'), sampleModel('c')];

describe('what a request expands to', () => {
  test('a model stands for itself and its own fallbacks, not for theirs', () => {
    const catalog = sampleCatalog([
      sampleModel('a', { fallbacks: ['b'] }),
      sampleModel('b', { fallbacks: ['c'] }),
      sampleModel('c'),
    ]);
    const result = plan({ catalog, requested: 'a' });
    expect(names(result)).toEqual(['a', 'b']);
    expect(result.strategy).toBe('listed');
  });

  test('a list stands for itself in its order, each model once', () => {
    const scene = { catalog: sampleCatalog(three), requested: 'c,a,c', models: ['c', 'a', 'c'] };
    expect(names(plan(scene))).toEqual(['c', 'a']);
  });

  test('a route in a list is none of its models, and the plan says so', () => {
    const result = plan({ catalog: routed('cheapest', three), models: ['auto', 'b'] });
    expect(names(result)).toEqual(['b']);
    const reason = 'it is a route; a list takes models';
    expect(whyNot(result, 'auto')).toEqual({ model: 'auto', code: 'unknown_model', reason });
  });

  test('a route stands for its targets', () => {
    const result = plan({ catalog: routed('cheapest', three) });
    expect(result).toMatchObject({
      requested: 'auto',
      strategy: 'cheapest',
      catalogVersion: 'sample',
    });
    expect(names(result)).toEqual(['a', 'b', 'c']);
  });

  test.each([
    { title: 'a model opens itself alone', requested: 'a', allowed: ['a'], is: ['a'] },
    {
      title: 'its fallback is opened by name',
      requested: 'a',
      allowed: ['a', 'b'],
      is: ['a', 'b'],
    },
    {
      title: 'a route opens its targets',
      requested: 'auto',
      allowed: ['auto'],
      is: ['a', 'b', 'c'],
    },
    {
      title: 'of a route, the models that are named',
      requested: 'auto',
      allowed: ['b'],
      is: ['b'],
    },
    { title: 'not a fallback of another', requested: 'a', allowed: ['b'], is: [] },
    { title: 'nothing else', requested: 'c', allowed: ['a', 'auto'], is: [] },
  ])('within what a key may name: $title', ({ requested, allowed, is }) => {
    const targets = ['a', 'b', 'c'].map((model) => ({ model, weight: 1 }));
    const catalog = sampleCatalog(
      [sampleModel('a', { fallbacks: ['b'] }), sampleModel('b'), sampleModel('c')],
      [{ name: 'auto', strategy: 'cheapest', targets }],
    );
    const result = plan({ catalog, requested, allowed });
    expect(names(result)).toEqual(is);
    expect(new Set(result.exclusions.map(({ code }) => code)).size).toBeLessThanOrEqual(1);
    for (const { code } of result.exclusions) expect(code).toBe('not_allowed');
  });

  test('an unknown name gives an exclusion with the nearest known name', () => {
    const catalog = sampleCatalog([sampleModel('gpt-mini')]);
    const result = plan({ catalog, requested: 'gpt-mnii' });
    expect(result.candidates).toEqual([]);
    expect(result.exclusions).toEqual([
      {
        model: 'gpt-mnii',
        code: 'unknown_model',
        reason: 'no model or route has this name (did you mean "gpt-mini"?)',
      },
    ]);
  });
});

describe('guesses', () => {
  const catalog = sampleCatalog(three);
  const models = ['a', 'b'];

  test('leave a dead pool out while another one is alive', () => {
    const result = plan({ catalog, models, live: { a: { poolAlive: false } } });
    expect(names(result)).toEqual(['b']);
    expect(whyNot(result, 'a')?.code).toBe('pool_dead');
  });

  test('leave a model out that an operator holds while another one is free', () => {
    for (const held of ['paused', 'draining'] as const) {
      const result = plan({ catalog, models, live: { a: { held } } });
      expect(names(result)).toEqual(['b']);
      expect(whyNot(result, 'a')?.reason).toBe(`an operator has set it to ${held}`);
    }
    const alone = plan({ catalog, models: ['a'], live: { a: { held: 'draining' } } });
    expect(names(alone)).toEqual(['a']);
  });

  test('leave a model out whose breakers are open, and send one job where it may be tried', () => {
    const deploymentWith = (breaker: BreakerState): DeploymentLive => ({
      ...{ id: 'a/main', running: 0, concurrency: 4, breaker },
      ...{ openUntilMs: 0, pausedUntilMs: 0, stopped: false },
    });
    const planWith = (states: readonly BreakerState[], running = 0) => {
      const deployments = states.map(deploymentWith);
      return plan({ catalog, models, live: { a: { deployments, running } } });
    };
    // Also true of one that was opened by hand, and for long.
    const reason = 'it takes no calls for now';
    expect(whyNot(planWith(['open', 'open']), 'a')).toMatchObject({ code: 'breaker_open', reason });
    expect(names(planWith(['open', 'ramping']))).toEqual(['a', 'b']);
    expect(names(planWith(['open', 'half_open']))).toEqual(['a', 'b']);
    expect(names(planWith(['open', 'half_open'], 1))).toEqual(['b']);
  });

  test('leave a late model out while another one is in time', () => {
    const live = { a: { serviceMs: 9_000, waiting: 40 } };
    const result = plan({ catalog, models, live, deadlineInMs: 30_000 });
    expect(names(result)).toEqual(['b']);
    expect(whyNot(result, 'a')?.reason).toBe(
      'an answer may take 91800 ms, the deadline is in 30000 ms',
    );
  });

  test('never leave a job without a model', () => {
    const live = { a: { poolAlive: false }, b: { serviceMs: 99_000 } };
    const result = plan({ catalog, models, live });
    expect(names(result)).toEqual(['b', 'a']);
    expect(result.candidates[1]?.reason).toContain('although no worker');
  });

  test('let models that would be late stand behind unwanted ones that would not', () => {
    const live = { a: { serviceMs: 61_000 }, b: { serviceMs: 59_000 }, c: { poolAlive: false } };
    const directives = { because: [], leadWith: 'a', avoidModels: ['b'] };
    const result = plan({ catalog: routed('cheapest', three), live, directives });
    expect(names(result)).toEqual(['b', 'a', 'c']);
  });

  test('let the model that would be the least late stand first, whatever the list says', () => {
    const scene = { catalog, models, deadlineInMs: 60_000 };
    const a = { serviceMs: 728_000, running: 1 };
    expect(names(plan({ ...scene, live: { a, b: { serviceMs: 70_000, running: 1 } } }))).toEqual([
      'b',
      'a',
    ]);
    const directives = { because: [], leadWith: 'a' };
    const live = { a, b: { serviceMs: 70_000, running: 1 } };
    expect(names(plan({ ...scene, live, directives }))).toEqual(['b', 'a']);
    const history = { visited: new Map([['b', 1]]) };
    expect(names(plan({ ...scene, live, history }))).toEqual(['a', 'b']);
  });

  test('let a late model be tried that is idle, before one that is as slow as that now', () => {
    const live = { a: { serviceMs: 65_000, errorRate: 0 }, b: { serviceMs: 70_000 } };
    const result = plan({ catalog, models, live, deadlineInMs: 60_000 });
    expect(names(result)).toEqual(['b', 'a']);
  });

  test('let a pause pass that leaves time, where the other model would be late', () => {
    const a = { serviceMs: 1_000, pausedUntilMs: nowMs + 5_000 };
    const live = { a, b: { serviceMs: 61_000 } };
    const directives = { because: [], avoidModels: ['a'] };
    const result = plan({ catalog, models, live, directives });
    expect(names(result)).toEqual(['a', 'b']);
  });

  const open = { id: 'a/main', running: 0, concurrency: 4, breaker: 'open' } as const;
  const deployments = [{ ...open, openUntilMs: 0, pausedUntilMs: 0, stopped: false }];
  const visited = new Map([['b', 1]]);
  const exploring = { ...routed('best', three), exploration: 1 };

  test.each<[string, Partial<Scene>]>([
    ['an operator holds it', { live: { a: { held: 'paused' } } }],
    ['its breaker is open', { live: { a: { deployments } } }],
    ['it has no worker', { live: { a: { poolAlive: false } } }],
    [
      'it is the canary',
      { live: { a: { poolAlive: false } }, directives: { leadWith: 'a', because: [] } },
    ],
    ['others were tried', { live: { a: { held: 'paused' } }, history: { visited } }],
    ['all may be tried by chance', { live: { a: { held: 'paused' } }, catalog: exploring }],
  ])('let a model wait behind all that take calls, also unwanted ones: %s', (_, scene) => {
    const directives = { because: [], ...scene.directives, avoidModels: ['b', 'c'] };
    const result = plan({ catalog: routed('best', three), seed: 1, ...scene, directives });
    expect(names(result).at(-1)).toBe('a');
    expect(names(result)).toHaveLength(3);
  });
});

describe('every plan', () => {
  const deadlineInMs = 60_000;
  const anyModel = fc.record({
    price: fc.bigInt(0n, 10n ** 11n),
    contextWindowTokens: fc.integer({ min: 1_000, max: 5_000 }),
    attempts: fc.nat(3),
    quality: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    live: fc.option(
      fc.record({
        serviceMs: fc.option(fc.nat(100_000), { nil: undefined }),
        waiting: fc.nat(50),
        poolAlive: fc.boolean(),
        stopped: fc.boolean(),
        pausedUntilMs: fc.integer({ min: 0, max: nowMs + 90_000 }),
      }),
      { nil: undefined },
    ),
  });
  const anyScene = fc
    .record({
      models: fc.array(anyModel, { minLength: 1, maxLength: 6 }),
      strategy: fc.constantFrom(...routeStrategies),
      ceiling: fc.bigInt(0n, 2n * 10n ** 8n),
      seed: fc.nat(),
    })
    .map(({ models, strategy, ceiling, seed }): Scene => {
      const built = models.map(({ price, contextWindowTokens, quality }, index) =>
        sampleModel(`m${index}`, {
          contextWindowTokens,
          ...(quality === undefined ? {} : { quality: { default: quality } }),
          deployments: [sampleDeployment({ price: { ...samplePrice, output: price } })],
        }),
      );
      const live = models.flatMap((each, index) =>
        each.live === undefined ? [] : [[`m${index}`, each.live] as const],
      );
      const visited = new Map(models.map(({ attempts }, index) => [`m${index}`, attempts]));
      const catalog = routed(strategy, built);
      const of = { live: Object.fromEntries(live), history: { visited } };
      return { catalog, ceiling, seed, deadlineInMs, ...of };
    });

  test('is the same for the same input', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        expect(plan(scene)).toEqual(plan(scene));
      }),
    );
  });

  test('names every model once, as a candidate or as an exclusion', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const result = plan(scene);
        const seen = [...names(result), ...result.exclusions.map(({ model }) => model)];
        expect(seen.toSorted()).toEqual([...scene.catalog.models.keys()].toSorted());
      }),
    );
  });

  test('proposes nothing above the ceiling, and orders models that are alike by score', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const { candidates } = plan(scene);
        const isLate = ({ expectedMs = 0 }: RouteCandidate) => expectedMs > deadlineInMs;
        /** In time, late but idle, late, dead; three attempts are more than a model may have. */
        const rank = (candidate: RouteCandidate) => {
          const { poolAlive, waiting = 0 } = scene.live?.[candidate.model] ?? {};
          const late = waiting > 0 ? 6 : 3;
          const group = isLate(candidate) ? late : 0;
          const attempts = scene.history?.visited?.get(candidate.model) ?? 0;
          return (poolAlive === false ? 9 : group) + attempts;
        };
        for (const [index, candidate] of candidates.entries()) {
          expect(BigInt(candidate.reservationNanoUsd)).toBeLessThanOrEqual(scene.ceiling ?? 0n);
          const next = candidates[index + 1];
          if (next === undefined) continue;
          expect(rank(candidate)).toBeLessThanOrEqual(rank(next));
          if (rank(candidate) !== rank(next)) continue;
          // Those that would be late go by how late they are, and only then by their score.
          const isLater = isLate(candidate) && candidate.expectedMs !== next.expectedMs;
          const key = isLater ? 'expectedMs' : 'score';
          expect(candidate[key]).toBeLessThanOrEqual(next[key] ?? 0);
        }
      }),
    );
  });

  test('survives being stored as JSON', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const result = plan(scene);
        expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      }),
    );
  });

  test('takes at most 512 bytes of the job for each candidate', () => {
    const models = Array.from({ length: 20 }, (_, index) =>
      sampleModel(`a-model-with-a-long-name-${index}`, { quality: { default: index / 30 } }),
    );
    const live = Object.fromEntries(
      models.map(({ name }, index) => [name, { serviceMs: 12_345 + index, waiting: index * 7 }]),
    );
    for (const strategy of routeStrategies) {
      const result = plan({ catalog: routed(strategy, models), live, deadlineInMs: 10 ** 8 });
      expect(result.candidates).toHaveLength(20);
      expect(JSON.stringify(result).length).toBeLessThan(20 * 512);
    }
  });
});
