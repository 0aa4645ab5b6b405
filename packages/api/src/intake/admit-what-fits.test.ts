import type { NewJob } from '@forebay/shared/ports/job-store';
import { expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleDeployment,
  sampleFeatures,
  sampleLive,
  sampleModel,
  samplePrice,
} from '../../../../test/support/sample-catalog.ts';
import { newJob, plainSpec, testTenant } from '../../../../test/support/store.ts';
import { admitWhatFits } from './admit-what-fits.ts';
import type { DraftOrder } from './draft-job.ts';
import { createRouteTurns } from './route-turns.ts';

const nowMs = 1_000_000;
const price = { ...samplePrice, output: 10_000n * samplePrice.output };
const dear = sampleModel('dear', { deployments: [sampleDeployment({ id: 'dear/main', price })] });
const catalog = sampleCatalog([dear, sampleModel('cheap')]);
const features = sampleFeatures({ cutsOutput: true, outputTokensRequested: 250 });

const order: DraftOrder = {
  ...{ tenant: testTenant, keyId: 'k', payerKeyId: 'k', claim: undefined, headers: undefined },
  ...{ wishes: {}, batchId: undefined, retryOf: undefined, nowMs },
  grants: {
    ...{ models: undefined, priorityMin: 0, ceilingDefault: undefined, ceilingMax: undefined },
    ...{ queuedMax: undefined, acceptsLate: undefined },
  },
  request: {
    ...{ kind: 'chat.completions', requested: 'dear,cheap', models: ['dear', 'cheap'], features },
    body: { messages: [{ role: 'user', content: 'hello' }] },
    ...{ routing: undefined, priority: undefined, ceiling: 10n ** 12n },
    times: { runAtMs: undefined, deadlineAtMs: undefined, timeoutMs: 60_000 },
    ...{ webhook: undefined, metadata: {}, user: undefined, customId: undefined },
    ...{ riskRetries: undefined, fallbackOnFilter: false, acceptsLate: undefined },
    ...{ onMiss: undefined, cutsOutput: true, stream: false },
  },
};

/** Admits a job that a budget has turned away once; says which models the store was asked for. */
async function admit(cheapMs: number): Promise<readonly string[]> {
  const asked: string[] = [];
  const job = newJob({ spec: { ...plainSpec, features }, model: 'dear' });
  const models = new Map([
    ['dear', sampleLive({ serviceMs: 1_000, running: 1 })],
    ['cheap', sampleLive({ serviceMs: cheapMs, running: 1 })],
  ]);
  const unused = () => Promise.reject(new Error('is not asked'));
  const deps = {
    ...{ catalog: () => catalog, turns: createRouteTurns() },
    live: { snapshot: () => ({ takenAtMs: nowMs, models }) },
    ...{ brownout: { reasonFor: () => undefined }, quality: { of: () => () => undefined } },
    defaults: () => ({
      ...{ deadlineMs: 60_000, ceilingNanoUsd: 10n ** 12n, riskRetries: 1, acceptsLate: false },
    }),
    tasks: () => ({ weights: {} }),
    predictor: { isReady: false, qualityFor: () => undefined },
    ...{
      preferences: { of: unused, forget: () => undefined },
      sessions: { of: unused, note: () => undefined },
    },
    jobs: {
      admit: async ({ model }: NewJob, options?: { readonly tellsShort?: boolean }) => {
        asked.push(model);
        const short = { account: 'b', isOfAll: false, left: 2_000_000n, mayHelpToWait: true };
        return options?.tellsShort === true && model === 'dear'
          ? { kind: 'over_budget' as const, ...short, renewsAtMs: undefined }
          : { kind: 'queue_full' as const };
      },
    },
  };
  await admitWhatFits(deps, order, job);
  return asked;
}

test('a job that a budget has no room for goes to the model that fits', async () => {
  expect(await admit(1_000)).toEqual(['dear', 'cheap']);
});

test('where that one would be late, the budget decides on the job as it was', async () => {
  expect(await admit(90_000)).toEqual(['dear', 'dear']);
});
