import { describe, expect, test } from 'vitest';
import { names, nowMs, plan, routed } from '../../../../test/support/plan-scene.ts';
import {
  sampleCatalog,
  sampleDeployment,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import { planSeed } from './plan-seed.ts';

const dear = sampleModel('dear', {
  deployments: [sampleDeployment({ price: { ...samplePrice, output: 40_000_000_000n } })],
});

const three = [sampleModel('a'), sampleModel('b'), sampleModel('c')];

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
    const live = { a: { serviceMs: 100, pausedUntilMs: nowMs + 900 }, b: { serviceMs: 900 } };
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

  test('weighted gives each model its share of first places within 2 %, and 0 is last', () => {
    const catalog = routed('weighted', three, { shares: [3, 1, 0] });
    const picks = 10_000;
    const plans = Array.from({ length: picks }, (_, n) =>
      plan({ catalog, seed: planSeed(`j${n}`) }),
    );
    const shareOf = (model: string) =>
      plans.filter((each) => each.candidates[0]?.model === model).length / picks;
    expect(Math.abs(shareOf('a') - 0.75)).toBeLessThan(0.02);
    expect(Math.abs(shareOf('b') - 0.25)).toBeLessThan(0.02);
    expect(new Set(plans.map((each) => each.candidates.at(-1)?.model))).toEqual(new Set(['c']));
  });

  test('prefer what the job has tried less often, whatever the strategy says', () => {
    const history = { visited: new Map([['a', 1]]) };
    const result = plan({ catalog: routed('cheapest', [sampleModel('a'), dear]), history });
    expect(names(result)).toEqual(['dear', 'a']);
  });
});

const priceSteps = [1_000_000_000n, 2_000_000_000n, 5_000_000_000n];
const qualitySteps = [0.5, 0.75, 0.9];

/** 1, 2 and 5 USD per million output tokens; the better ones cost more, and are worse at code. */
const priced = (['small', 'medium', 'large'] as const).map((name, index) =>
  sampleModel(name, {
    deployments: [sampleDeployment({ price: { ...samplePrice, output: priceSteps[index] ?? 0n } })],
    quality: { default: qualitySteps[index] ?? 0, code: 1 - (qualitySteps[index] ?? 0) },
  }),
);

describe('an order of its own', () => {
  const strategies = ['listed', 'round-robin', 'weighted'] as const;

  test.each(strategies)('%s says how the models compare, and does not ask it', (strategy) => {
    const models = priced.toReversed();
    const result =
      strategy === 'listed'
        ? plan({ catalog: sampleCatalog(models), models: models.map(({ name }) => name) })
        : plan({ catalog: routed(strategy, models, { shares: [1, 0, 0] }), seed: 0 });
    expect(result.strategy).toBe(strategy);
    const shown = result.candidates.map(({ model, scores }) => ({ model, scores }));
    expect(shown[0]?.model).toBe('large');
    const small = shown.find(({ model }) => model === 'small');
    expect(shown[0]?.scores).toEqual({ cost: 1, speed: 0, quality: 0, load: 0 });
    expect(small?.scores).toEqual({ cost: 0, speed: 0, quality: 1, load: 0 });
  });

  test('keeps nothing of the kind with a job that names its model', () => {
    const { candidates } = plan({ catalog: sampleCatalog(three), requested: 'a' });
    expect(candidates[0]).not.toHaveProperty('scores');
  });
});

describe('best and least-busy', () => {
  test('best orders by quality for the task, and what is not known stands in the middle', () => {
    const models = [...priced, sampleModel('new')];
    expect(names(plan({ catalog: routed('best', models) }))).toEqual([
      'large',
      'medium',
      'new',
      'small',
    ]);
    const task = { class: 'code', complexity: 'simple', confidence: 1, signals: [] } as const;
    const code = plan({ catalog: routed('best', models), features: { task } });
    expect(names(code)).toEqual(['small', 'medium', 'new', 'large']);
  });

  test('what was predicted for the prompt beats what was learned, and that the prior', () => {
    const learned = { value: 0.95, source: 'tenant', samples: 40 } as const;
    const scene = { catalog: routed('best', priced), quality: { small: learned } };
    expect(plan(scene).candidates[0]).toMatchObject({ model: 'small', quality: learned });
    const features = { predictedQuality: { medium: 0.99 } };
    const [first] = plan({ ...scene, features }).candidates;
    expect(first?.quality).toEqual({ value: 0.99, source: 'predictor', samples: 0 });
    expect(first?.model).toBe('medium');
  });

  test('least-busy counts what waits and runs for each call that a model may make', () => {
    const live = {
      a: { waiting: 6, running: 4, concurrency: 10 },
      b: { waiting: 1, running: 2, concurrency: 2 },
      c: { waiting: 0, running: 1, concurrency: 4 },
    };
    expect(names(plan({ catalog: routed('least-busy', three), live }))).toEqual(['c', 'a', 'b']);
  });
});

describe('balanced', () => {
  const live = {
    small: { serviceMs: 1_000 },
    medium: { serviceMs: 1_500 },
    large: { serviceMs: 3_000, running: 2 },
  };
  const catalog = routed('balanced', priced);

  test('weighs the parts of the score, each from 0 for the best to 1 for the worst', () => {
    const { candidates, weights } = plan({ catalog, live });
    expect(weights).toEqual({ cost: 1, speed: 1, quality: 1, load: 0.5 });
    expect(candidates.map(({ model, score, scores }) => ({ model, score, scores }))).toEqual([
      {
        model: 'medium',
        score: 0.25,
        scores: { cost: 0.25, speed: 0.25, quality: 0.375, load: 0 },
      },
      { model: 'small', score: 0.2857, scores: { cost: 0, speed: 0, quality: 1, load: 0 } },
      { model: 'large', score: 0.7143, scores: { cost: 1, speed: 1, quality: 0, load: 1 } },
    ]);
  });

  test('takes weights from the job before those of the route', () => {
    const own = routed('balanced', priced, { weights: { quality: 0, load: 0 } });
    expect(names(plan({ catalog: own, live }))).toEqual(['small', 'medium', 'large']);
    const result = plan({ catalog: own, live, wishes: { weights: { quality: 10 } } });
    expect(names(result)).toEqual(['large', 'medium', 'small']);
    expect(result.weights).toEqual({ cost: 1, speed: 1, quality: 10, load: 0 });
  });

  test('is what a job means that gives weights on another route', () => {
    const wishes = { weights: { cost: 0, speed: 0, load: 0 } };
    const result = plan({ catalog: routed('cheapest', priced), live, wishes });
    expect(result.strategy).toBe('balanced');
    expect(names(result)).toEqual(['large', 'medium', 'small']);
  });

  test('neither punishes nor favours what was not timed yet', () => {
    const { candidates } = plan({ catalog, live: { ...live, small: {} } });
    const speeds = candidates.map(({ model, scores }) => [model, scores?.speed]);
    expect(Object.fromEntries(speeds)).toEqual({ medium: 0, small: 0.5, large: 1 });
  });

  test('has no scores to tell apart what is equal', () => {
    const { candidates } = plan({ catalog: routed('balanced', three) });
    expect(candidates.map(({ score }) => score)).toEqual([0, 0, 0]);
    expect(names(plan({ catalog: routed('balanced', three) }))).toEqual(['a', 'b', 'c']);
  });

  test('gives way to cost while money runs short', () => {
    const result = plan({ catalog, live, brownout: 'less than 10 % of a budget is left' });
    expect(result).toMatchObject({ strategy: 'cheapest' });
    expect(names(result)).toEqual(['small', 'medium', 'large']);
  });
});

describe('a strategy of the job', () => {
  test('orders a list, but not the fallbacks of one model', () => {
    const wishes = { strategy: 'cheapest' } as const;
    const fallbacks = ['small'];
    const catalog = sampleCatalog([...priced, sampleModel('top', { fallbacks })]);
    const models = ['large', 'small'];
    expect(names(plan({ catalog, models, wishes }))).toEqual(['small', 'large']);
    const single = plan({ catalog, requested: 'top', wishes });
    expect(single.strategy).toBe('listed');
    expect(names(single)).toEqual(['top', 'small']);
  });
});

describe('cheapest_meeting', () => {
  const live = { small: { serviceMs: 1_000 }, medium: { serviceMs: 9_000 }, large: {} };
  const meeting = (goal: { quality?: number; deadlineMs?: number }) =>
    routed('cheapest_meeting', priced, { goal });

  test('takes the cheapest that is good enough', () => {
    const result = plan({ catalog: meeting({ quality: 0.7 }), live });
    expect(names(result)).toEqual(['medium', 'large', 'small']);
    expect(result.candidates[0]?.reason).toContain('meets quality 0.7 and 60000 ms');
    expect(result.candidates[2]?.reason).toContain(
      'does not meet quality 0.7 and 60000 ms: its quality is 0.5',
    );
  });

  test('and quick enough, where what was not timed counts as in time', () => {
    const goal = { quality: 0.7, deadlineMs: 5_000 };
    const result = plan({ catalog: meeting(goal), live });
    expect(names(result)).toEqual(['large', 'small', 'medium']);
    expect(result.candidates[2]?.reason).toContain('5000 ms: it takes longer');
  });

  test('counts the time from when the job came in', () => {
    const scene = { catalog: meeting({ deadlineMs: 5_000 }), live };
    expect(names(plan(scene))).toEqual(['small', 'large', 'medium']);
    expect(names(plan({ ...scene, countsFromMs: nowMs - 4_500 }))[0]).toBe('large');
  });

  test('does its best when nobody meets the goal, and says so', () => {
    const result = plan({ catalog: meeting({ quality: 0.95 }), live });
    expect(names(result)).toEqual(['large', 'medium', 'small']);
    expect(result.candidates[0]?.reason).toContain('does not meet quality 0.95');
  });

  test('has a goal of the job before that of the route', () => {
    const wishes = { goal: { quality: 0.1 } };
    expect(names(plan({ catalog: meeting({ quality: 0.9 }), live, wishes }))[0]).toBe('small');
  });
});

describe('exploration', () => {
  const explored = (rate: number, scene: Omit<Parameters<typeof plan>[0], 'catalog'> = {}) => {
    const catalog = { ...routed('best', priced), exploration: rate };
    return Array.from({ length: 1_500 }, (_, n) =>
      plan({ catalog, seed: planSeed(`job${n}`), ...scene }),
    );
  };
  const firstOf = (plans: readonly ReturnType<typeof plan>[], model: string) =>
    plans.filter(({ candidates }) => candidates[0]?.model === model).length;

  test('does not happen unless it is configured', () => {
    expect(firstOf(explored(0), 'large')).toBe(1_500);
  });

  test('gives every eligible model its part of the configured share, and says so', () => {
    const plans = explored(0.3);
    for (const model of ['small', 'medium']) {
      expect(firstOf(plans, model) / 1_500).toBeGreaterThan(0.08);
      expect(firstOf(plans, model) / 1_500).toBeLessThan(0.12);
    }
    const tried = plans.find(({ candidates }) => candidates[0]?.model === 'small');
    expect(tried?.candidates[0]?.reason).toContain('tried by chance');
    expect(tried && names(tried)).toEqual(['small', 'large', 'medium']);
  });

  test('leaves jobs alone that have failed once, and prices, which are known', () => {
    const history = { visited: new Map([['large', 1]]) };
    expect(firstOf(explored(1, { history }), 'medium')).toBe(1_500);
    expect(firstOf(explored(1, { wishes: { strategy: 'cheapest' } }), 'small')).toBe(1_500);
  });
});
