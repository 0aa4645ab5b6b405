import { expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleFeatures,
  sampleLive,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { ModelLive } from '../domain/route-plan.ts';
import { correctEstimate } from './correct-estimate.ts';
import { noHistory } from './plan-input.ts';
import { planRoute } from './plan-route.ts';

const features = sampleFeatures({ content: 'json' });

test('the guess is corrected for its class of content, and never passes the bound', () => {
  const at = (json: number): number =>
    correctEstimate(features, sampleLive({ tokenFactors: { json } })).inputTokensEstimate;
  expect([at(0.25), at(1.5), at(4), at(9)]).toEqual([25, 150, 400, 400]);
  const others = sampleLive({ tokenFactors: { prose: 2 } });
  expect(correctEstimate(features, others)).toBe(features);
  expect(
    correctEstimate(sampleFeatures(), sampleLive({ tokenFactors: { json: 2 } })),
  ).toMatchObject({ inputTokensEstimate: 100 });
});

test('a plan expects another cost and reserves the same', () => {
  const planWith = (live: Partial<ModelLive>) =>
    planRoute({
      catalog: sampleCatalog([sampleModel('a')]),
      request: { requested: 'a', models: [], features, allowedModels: undefined },
      live: { takenAtMs: 0, models: new Map([['a', sampleLive(live)]]) },
      limits: {
        ...{ ceilingLeftNanoUsd: 10n ** 12n, deadlineAtMs: 60_000 },
        ...{ nowMs: 0, attemptsPerModelMax: 2 },
      },
      history: noHistory,
      seed: 0,
    }).candidates[0];
  const [plain, corrected] = [planWith({}), planWith({ tokenFactors: { json: 3 } })];
  expect(Number(corrected?.expectedNanoUsd)).toBe(Number(plain?.expectedNanoUsd) + 200_000);
  expect(corrected?.reservationNanoUsd).toBe(plain?.reservationNanoUsd);
});
