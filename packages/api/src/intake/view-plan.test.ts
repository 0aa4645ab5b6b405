import type { RequestFeatures, RoutePlan } from '@forebay/shared/domain/route-plan';
import { expect, test } from 'vitest';
import { viewPlan } from './view-plan.ts';

const features: RequestFeatures = {
  kind: 'chat.completions',
  inputTokensBound: 400,
  inputTokensEstimate: 100,
  imageCount: 0,
  outputTokensRequested: undefined,
  choices: 1,
  needs: [],
};

/** As it was stored before there were scores by part, quality and predicted starts. */
const earlier: RoutePlan = {
  requested: 'auto',
  strategy: 'cheapest',
  candidates: [
    {
      model: 'a',
      reservationNanoUsd: '4400000',
      expectedNanoUsd: '1700000',
      reservedTokens: 1_400,
      outputCapTokens: 1_000,
      outputCapSource: 'default',
      expectedMs: 900,
      score: 1_700_000,
      reason: 'cheapest: about 0.0017 USD, at most 0.0044 USD; about 900 ms',
    },
  ],
  exclusions: [{ model: 'b', code: 'held', reason: 'an operator has set it to paused' }],
  catalogVersion: '6dd0f1fbd553',
  plannedAtMs: 0,
};

test('a plan of an earlier version is shown with null for what it does not know', () => {
  expect(viewPlan(earlier, features)).toEqual({
    requested: 'auto',
    strategy: 'cheapest',
    weights: null,
    task: null,
    because: [],
    candidates: [
      {
        model: 'a',
        reason: 'cheapest: about 0.0017 USD, at most 0.0044 USD; about 900 ms',
        score: 1_700_000,
        scores: { cost: 0, speed: 0, quality: 0, load: 0 },
        quality: null,
        expected_cost_usd: '0.0017',
        worst_case_cost_usd: '0.0044',
        expected_start_seconds: null,
        expected_seconds: 0.9,
        output_cap: { tokens: 1_000, source: 'default' },
      },
    ],
    exclusions: [
      {
        ...{ model: 'b', code: 'held', reason: 'an operator has set it to paused' },
        ...{ quality: null, expected_cost_usd: null, expected_seconds: null },
      },
    ],
    catalog_version: '6dd0f1fbd553',
    planned_at: '1970-01-01T00:00:00.000Z',
  });
});

test('a list of an earlier version that was in an order of its own has no scores', () => {
  const [first] = earlier.candidates;
  if (first === undefined) throw new Error('there should be a candidate');
  const listed: RoutePlan = { ...earlier, candidates: [first, { ...first, model: 'c' }] };
  const { candidates } = viewPlan(listed, features);
  expect(candidates).toMatchObject([{ scores: null }, { scores: null }]);
});
