import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleLive,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import type { BreakerState, DeploymentLive } from '../domain/live-figures.ts';
import type { Catalog, Model, RouteStrategy } from '../domain/model-catalog.ts';
import { routeStrategies } from '../domain/model-catalog.ts';
import type { ModelLive, RoutePlan } from '../domain/route-plan.ts';
import { noHistory, type PlanHistory, type PlanInput } from './plan-input.ts';
import { planRoute } from './plan-route.ts';
import { planSeed } from './plan-seed.ts';

interface Scene {
  readonly catalog: Catalog;
  readonly requested?: string;
  readonly models?: readonly string[];
  readonly allowed?: readonly string[];
  readonly features?: Parameters<typeof sampleFeatures>[0];
  readonly live?: Readonly<Record<string, Partial<ModelLive>>>;
  readonly ceiling?: bigint;
  readonly budgetLeft?: bigint;
  readonly deadlineInMs?: number;
  readonly history?: Partial<PlanHistory>;
  readonly seed?: number;
}

const nowMs = 1_000_000;

function inputOf(scene: Scene): PlanInput {
  const live = Object.entries(scene.live ?? {});
  return {
    catalog: scene.catalog,
    request: {
      requested: scene.requested ?? 'auto',
      models: scene.models ?? [],
      features: sampleFeatures(scene.features),
      allowedModels: scene.allowed,
    },
    live: {
      takenAtMs: nowMs,
      models: new Map(live.map(([name, each]) => [name, sampleLive(each)])),
    },
    limits: {
      ceilingLeftNanoUsd: scene.ceiling ?? 10n ** 12n,
      budgetLeftNanoUsd: scene.budgetLeft,
      deadlineAtMs: nowMs + (scene.deadlineInMs ?? 60_000),
      nowMs,
      attemptsPerModelMax: 2,
    },
    history: { ...noHistory, ...scene.history },
    seed: scene.seed ?? 0,
  };
}

const plan = (scene: Scene): RoutePlan => planRoute(inputOf(scene));
const names = (result: RoutePlan): readonly string[] => result.candidates.map(({ model }) => model);
const whyNot = (result: RoutePlan, model: string) =>
  result.exclusions.find((exclusion) => exclusion.model === model);

const dear = sampleModel('dear', {
  deployments: [sampleDeployment({ price: { ...samplePrice, output: 40_000_000_000n } })],
});

function routed(
  strategy: RouteStrategy,
  models: readonly Model[],
  weights: readonly number[] = [],
) {
  const targets = models.map(({ name }, index) => ({ model: name, weight: weights[index] ?? 1 }));
  return sampleCatalog(models, [{ name: 'auto', strategy, targets }]);
}

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

describe('exclusions', () => {
  const tight = { contextWindowTokens: 1_050 };
  test.each<[string, Model, Omit<Scene, 'catalog'>, string, RegExp]>([
    [
      'another kind',
      sampleModel('a'),
      { features: { kind: 'embeddings' } },
      'kind_not_served',
      /serves chat/,
    ],
    [
      'a missing capability',
      sampleModel('a'),
      { features: { needs: ['tools'] } },
      'capability_missing',
      /lacks tools/,
    ],
    [
      'images without a bound',
      sampleModel('a', { capabilities: ['vision'] }),
      { features: { imageCount: 2, needs: ['vision'] } },
      'images_not_supported',
      /2 images/,
    ],
    [
      'a cap above the maximum',
      sampleModel('a'),
      { features: { outputTokensRequested: 10_001 } },
      'output_cap_too_large',
      /10001.*10000/,
    ],
    [
      'a small window',
      sampleModel('a', tight),
      {},
      'context_too_small',
      /100 input and 1000 output/,
    ],
    [
      'a window that failed',
      sampleModel('a'),
      { history: { largerContextThanTokens: 100_000 } },
      'context_too_small',
      /did not fit 100000/,
    ],
    [
      'too many attempts',
      sampleModel('a'),
      { history: { visited: new Map([['a', 2]]) } },
      'already_tried',
      /2 of 2/,
    ],
    [
      'a ban',
      sampleModel('a'),
      { history: { excluded: new Map([['a', 'it filtered']]) } },
      'already_tried',
      /it filtered/,
    ],
    [
      'stopped deployments',
      sampleModel('a'),
      { live: { a: { stopped: true } } },
      'stopped',
      /stopped/,
    ],
    [
      'a pause past the deadline',
      sampleModel('a'),
      { live: { a: { pausedUntilMs: nowMs + 60_000 } } },
      'cannot_meet_deadline',
      /paused for 60000 ms/,
    ],
    [
      'a passed deadline',
      sampleModel('a'),
      { deadlineInMs: -5 },
      'cannot_meet_deadline',
      /passed 5 ms ago/,
    ],
    [
      'a worst case above the ceiling',
      sampleModel('a'),
      { ceiling: 4_399_999n },
      'over_ceiling',
      /could cost 0.0044 USD, 0.004399999 USD/,
    ],
    [
      'a worst case above what is left of a budget, without saying how much others have left',
      sampleModel('a'),
      { budgetLeft: 4_399_999n },
      'over_budget',
      /^could cost 0.0044 USD, more than a budget has left$/,
    ],
  ])('tell of %s, with figures', (...[, model, scene, code, reason]) => {
    const result = plan({ catalog: sampleCatalog([model]), requested: 'a', ...scene });
    expect(result.candidates).toEqual([]);
    expect(result.exclusions).toEqual([
      { model: 'a', code, reason: expect.stringMatching(reason) },
    ]);
  });

  test('do not come from the byte bound, which is far above what a prompt really takes', () => {
    const features = { inputTokensBound: 400_000, inputTokensEstimate: 90_000 };
    expect(names(plan({ catalog: sampleCatalog(three), requested: 'a', features }))).toEqual(['a']);
  });

  test('do not add the inputs of an embeddings request up against one window', () => {
    const catalog = sampleCatalog([sampleModel('a', { kinds: ['embeddings'] })]);
    const features = { kind: 'embeddings', inputTokensEstimate: 900_000 } as const;
    expect(names(plan({ catalog, requested: 'a', features }))).toEqual(['a']);
  });

  test('let a worst case through that just fits the ceiling', () => {
    const scene = { catalog: sampleCatalog(three), requested: 'a', ceiling: 4_400_000n };
    expect(plan(scene).candidates[0]?.reservationNanoUsd).toBe('4400000');
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
    expect(whyNot(planWith(['open', 'open']), 'a')?.code).toBe('breaker_open');
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
    expect(names(result)).toEqual(['a', 'b']);
    expect(result.candidates[0]?.reason).toContain('although no worker');
  });
});

describe('strategies', () => {
  test('cheapest orders by expected cost', () => {
    expect(names(plan({ catalog: routed('cheapest', [dear, sampleModel('a')]) }))).toEqual([
      'a',
      'dear',
    ]);
  });

  test('fastest orders by queue times service time, and what is not timed comes last', () => {
    const live = {
      a: { serviceMs: 100, waiting: 400 },
      c: { serviceMs: 2_000 },
    };
    const result = plan({
      catalog: routed('fastest', [sampleModel('b'), ...three.slice(0, 1), ...three.slice(2)]),
      live,
    });
    expect(names(result)).toEqual(['c', 'a', 'b']);
    expect(result.candidates.map(({ expectedMs }) => expectedMs)).toEqual([
      2_000,
      10_020,
      undefined,
    ]);
  });

  test('fastest counts the rest of a pause', () => {
    const live = { a: { serviceMs: 100, pausedUntilMs: nowMs + 5_000 }, b: { serviceMs: 900 } };
    expect(names(plan({ catalog: routed('fastest', three.slice(0, 2)), live }))).toEqual([
      'b',
      'a',
    ]);
  });

  test('round-robin begins with the next model for each next seed', () => {
    const catalog = routed('round-robin', three);
    const orders = [0, 1, 2, 3].map((seed) => names(plan({ catalog, seed })).join(''));
    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  test('weighted gives each model its share of first places, and weight 0 comes last', () => {
    const catalog = routed('weighted', three, [3, 1, 0]);
    const plans = Array.from({ length: 4_000 }, (_, n) =>
      plan({ catalog, seed: planSeed(`j${n}`) }),
    );
    const first = plans.filter((each) => each.candidates[0]?.model === 'a').length;
    expect(first).toBeGreaterThan(2_850);
    expect(first).toBeLessThan(3_150);
    expect(new Set(plans.map((each) => each.candidates.at(-1)?.model))).toEqual(new Set(['c']));
  });

  test('prefer what the job has tried less often, whatever the strategy says', () => {
    const history = { visited: new Map([['a', 1]]) };
    const result = plan({ catalog: routed('cheapest', [sampleModel('a'), dear]), history });
    expect(names(result)).toEqual(['dear', 'a']);
  });
});

describe('every plan', () => {
  const anyModel = fc.record({
    price: fc.bigInt(0n, 10n ** 11n),
    contextWindowTokens: fc.integer({ min: 1_000, max: 5_000 }),
    attempts: fc.nat(3),
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
      const built = models.map(({ price, contextWindowTokens }, index) =>
        sampleModel(`m${index}`, {
          contextWindowTokens,
          deployments: [sampleDeployment({ price: { ...samplePrice, output: price } })],
        }),
      );
      const live = models.flatMap((each, index) =>
        each.live === undefined ? [] : [[`m${index}`, each.live] as const],
      );
      const visited = new Map(models.map(({ attempts }, index) => [`m${index}`, attempts]));
      const catalog = routed(strategy, built);
      return { catalog, ceiling, seed, live: Object.fromEntries(live), history: { visited } };
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

  test('proposes nothing above the ceiling, and orders by score among equally tried models', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const { candidates } = plan(scene);
        const tries = (model: string) => scene.history?.visited?.get(model) ?? 0;
        for (const [index, candidate] of candidates.entries()) {
          expect(BigInt(candidate.reservationNanoUsd)).toBeLessThanOrEqual(scene.ceiling ?? 0n);
          const next = candidates[index + 1];
          if (next === undefined) continue;
          expect(tries(candidate.model)).toBeLessThanOrEqual(tries(next.model));
          if (tries(candidate.model) === tries(next.model)) {
            expect(candidate.score).toBeLessThanOrEqual(next.score);
          }
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
});
