// `cap_output`: a cap that is cut to what is left of the ceiling, and never to nothing.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleModel,
  samplePriceRow,
} from '../../../../test/support/sample-catalog.ts';
import type { RequestFeatures, RoutePlan } from '../domain/route-plan.ts';
import { affordableOutputTokens, worstCase } from '../pricing/price-attempt.ts';
import { noHistory, type PlanLimits } from './plan-input.ts';
import { planRoute } from './plan-route.ts';

const dear = sampleModel('dear', {
  deployments: [
    sampleDeployment({
      id: 'dear/main',
      price: samplePriceRow({ input: 10n ** 10n, output: 10n ** 11n }),
    }),
  ],
});
// One dollar in, four dollars out, 1,000 output tokens by default: 400 + 4,000 µUSD at most.
const cheap = sampleModel('cheap', { fallbacks: ['dear'] });

function planWith(
  ceilingLeftNanoUsd: bigint,
  features: Partial<RequestFeatures> = {},
  budget: Pick<PlanLimits, 'budgetLeftNanoUsd' | 'cutsToBudget'> = {},
): RoutePlan {
  return planRoute({
    catalog: sampleCatalog([cheap, dear]),
    request: {
      requested: 'cheap',
      models: [],
      features: sampleFeatures({ cutsOutput: true, ...features }),
    },
    live: { takenAtMs: 0, models: new Map() },
    limits: {
      ...{ ceilingLeftNanoUsd, deadlineAtMs: 60_000, nowMs: 0, attemptsPerModelMax: 2 },
      ...budget,
    },
    history: noHistory,
    seed: 0,
  });
}

const capsOf = (plan: RoutePlan) =>
  plan.candidates.map(({ model, outputCapTokens, outputCapSource }) => [
    model,
    outputCapTokens,
    outputCapSource,
  ]);

describe('a plan that may cut the output cap', () => {
  test('keeps the cap that was asked for while it fits', () => {
    const left = 10n ** 12n;
    expect(capsOf(planWith(left))).toEqual([
      ['cheap', 1_000, 'default'],
      ['dear', 1_000, 'default'],
    ]);
    expect(capsOf(planWith(left, { outputTokensRequested: 5 }))[0]).toEqual([
      'cheap',
      5,
      'request',
    ]);
  });

  test('cuts it for each model to what that model gives for the money', () => {
    expect(capsOf(planWith(6_000_000n))).toEqual([
      ['cheap', 1_000, 'default'],
      ['dear', 20, 'ceiling'],
    ]);
    const plan = planWith(2_400_000n);
    expect(capsOf(plan)).toEqual([['cheap', 500, 'ceiling']]);
    expect(plan.candidates[0]?.reservationNanoUsd).toBe('2400000');
  });

  test('cuts it to what a budget has left, if that is less and nobody shares it', () => {
    const ceiling = 2_600_000n;
    const left = { budgetLeftNanoUsd: 2_400_000n };
    const capOf = (budget: typeof left, cutsToBudget: boolean) =>
      capsOf(planWith(ceiling, {}, { ...budget, cutsToBudget }));
    expect(capOf(left, true)).toEqual([['cheap', 500, 'budget']]);
    expect(capOf({ budgetLeftNanoUsd: 2_800_000n }, true)).toEqual([['cheap', 550, 'ceiling']]);
    const shared = planWith(ceiling, {}, { ...left, cutsToBudget: false });
    expect(capsOf(shared)).toEqual([]);
    expect(shared.exclusions[0]).toMatchObject({ model: 'cheap', code: 'over_budget' });
  });

  test('shares what fits among the choices of a request', () => {
    const features = { choices: 4 };
    expect(capsOf(planWith(2_400_000n, features))).toEqual([['cheap', 125, 'ceiling']]);
  });

  test('leaves a model out when fewer than 16 tokens would fit', () => {
    expect(capsOf(planWith(464_000n))).toEqual([['cheap', 16, 'ceiling']]);
    const plan = planWith(463_999n);
    expect(plan.candidates).toEqual([]);
    expect(plan.exclusions[0]).toMatchObject({
      code: 'over_ceiling',
      reason: expect.stringContaining('no useful output cap'),
    });
  });

  test('cuts nothing unless the job says so', () => {
    const { cutsOutput: _cutsOutput, ...plain } = sampleFeatures({ cutsOutput: true });
    const plan = planRoute({
      catalog: sampleCatalog([cheap, dear]),
      request: { requested: 'cheap', models: [], features: plain },
      live: { takenAtMs: 0, models: new Map() },
      limits: {
        ceilingLeftNanoUsd: 2_400_000n,
        deadlineAtMs: 60_000,
        nowMs: 0,
        attemptsPerModelMax: 2,
      },
      history: noHistory,
      seed: 0,
    });
    expect(plan.candidates).toEqual([]);
  });
});

test('what an amount affords fits it, and one token more does not', () => {
  const amount = fc.bigInt(0n, 10n ** 12n);
  const rates = fc.record({
    input: amount,
    output: fc.bigInt(1_000n, 10n ** 12n),
    reasoning: amount,
  });
  const choices = fc.integer({ min: 1, max: 5 });
  const bound = fc.nat(1_000_000);
  fc.assert(
    fc.property(rates, choices, bound, amount, (...[price, n, inputTokensBound, left]) => {
      const quote = {
        model: dear,
        deployments: [sampleDeployment({ price: samplePriceRow(price) })],
        features: sampleFeatures({ choices: n, inputTokensBound }),
      };
      const tokens = affordableOutputTokens(quote, left);
      const costAt = (outputCapTokens: number): bigint => worstCase({ ...quote, outputCapTokens });
      if (tokens === undefined) expect(costAt(0)).toBeGreaterThan(left);
      else {
        expect(costAt(tokens)).toBeLessThanOrEqual(left);
        expect(costAt(tokens + 1)).toBeGreaterThan(left);
      }
    }),
  );
});
