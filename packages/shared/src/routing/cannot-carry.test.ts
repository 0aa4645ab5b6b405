// Requests that a dialect has no form for go to another model, or are told the fields.
import { expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { UncarriedFields } from '../domain/find-uncarried.ts';
import { noHistory } from './plan-input.ts';
import { planRoute } from './plan-route.ts';

const plain = sampleDeployment();
const google = sampleDeployment({
  id: 'google/main',
  provider: { ...plain.provider, dialect: 'gemini' },
});

function plan(deployments: readonly (typeof plain)[], uncarried?: UncarriedFields) {
  const models = [
    sampleModel('google', { deployments, fallbacks: ['other'] }),
    sampleModel('other'),
  ];
  const features = sampleFeatures(uncarried === undefined ? {} : { uncarried });
  return planRoute({
    catalog: sampleCatalog(models),
    request: { requested: 'google', models: [], features },
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
}

const modelsOf = ({ candidates }: ReturnType<typeof plan>) => candidates.map(({ model }) => model);

test('a model is left out when one of its deployments has no form for a field', () => {
  const uncarried = { gemini: ['logit_bias', 'messages[0].name'] };
  const left = plan([plain, google], uncarried);
  expect(modelsOf(left)).toEqual(['other']);
  expect(left.exclusions).toMatchObject([
    {
      model: 'google',
      code: 'cannot_carry',
      reason: 'its gemini API has no form for `logit_bias`, `messages[0].name`',
    },
  ]);
});

test('a model stays when its deployments carry all, whatever others cannot', () => {
  expect(modelsOf(plan([plain], { gemini: ['logit_bias'] }))).toEqual(['google', 'other']);
  expect(modelsOf(plan([google]))).toEqual(['google', 'other']);
});
