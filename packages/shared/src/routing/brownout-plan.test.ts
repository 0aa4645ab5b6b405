import { expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import { noHistory, type PlanRequest } from './plan-input.ts';
import { planRoute } from './plan-route.ts';

const brownout = 'less than 10 % of a budget is left';
const price = { ...samplePrice, output: 40_000_000_000n };
const dear = sampleModel('dear', {
  deployments: [sampleDeployment({ price })],
  fallbacks: ['plain'],
});
const models = [dear, sampleModel('plain')];
const targets = models.map(({ name }) => ({ model: name, weight: 1 }));
const catalog = sampleCatalog(models, [{ name: 'auto', strategy: 'round-robin', targets }]);

function plan(request: Pick<PlanRequest, 'requested' | 'models' | 'brownout'>) {
  const { candidates, strategy } = planRoute({
    catalog,
    request: { features: sampleFeatures(), ...request },
    live: { takenAtMs: 0, models: new Map() },
    limits: {
      ceilingLeftNanoUsd: 10n ** 12n,
      deadlineAtMs: 60_000,
      nowMs: 0,
      attemptsPerModelMax: 2,
    },
    history: noHistory,
    seed: 0,
  });
  return { strategy, models: candidates.map(({ model }) => model), first: candidates[0]?.reason };
}

test.each([
  { title: 'a route', requested: 'auto', models: [] },
  { title: 'a list', requested: 'dear,plain', models: ['dear', 'plain'] },
])('$title goes by cost while money runs short, and says why', ({ requested, models: list }) => {
  expect(plan({ requested, models: list }).models).toEqual(['dear', 'plain']);
  const short = plan({ requested, models: list, brownout });
  expect(short).toMatchObject({ strategy: 'cheapest', models: ['plain', 'dear'] });
  expect(short.first).toContain(brownout);
});

test('who names one model gets it, although its fallback costs less', () => {
  const short = plan({ requested: 'dear', models: [], brownout });
  expect(short).toMatchObject({ strategy: 'listed', models: ['dear', 'plain'] });
  expect(short.first).not.toContain(brownout);
});
