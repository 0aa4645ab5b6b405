import { newJobId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Model, RouteShadow } from '@forebay/shared/domain/model-catalog';
import { expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleFeatures,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import { sampleAttempt, sampleRecord } from '../../../../test/support/sample-record.ts';
import { plainSpec, tenantNamed } from '../../../../test/support/store.ts';
import { draftShadow } from './draft-shadow.ts';

const shadow: RouteShadow = {
  model: 'next',
  percent: 100,
  tenant: tenantNamed('lab'),
  expiresMs: 60_000,
};

const ended = sampleAttempt('alpha', {
  startedAtMs: 1_000_000,
  end: {
    endedAtMs: 1_000_700,
    outcome: 'succeeded',
    ambiguity: 'answered',
    error: undefined,
    usage: undefined,
    costNanoUsd: 321n,
    costIs: 'exact',
    providerRequestId: 'req_1',
    counted: true,
    wasted: false,
    firstByteMs: 90,
  },
});

const record = sampleRecord({
  state: 'succeeded',
  attempts: [ended],
  spec: {
    ...plainSpec,
    features: sampleFeatures(),
    requested: 'auto',
    metadata: { app: 'shop' },
    user: 'ann',
    customId: 'row-1',
    keyId: 'key1',
    stream: true,
    onMiss: 'move_on',
    riskRetries: 3,
    webhook: { url: 'https://shop.example/hook', endpointId: 'e', events: [] },
    directives: { session: 'talk', because: [] },
  },
});

function draft(change: Partial<JobRecord> = {}, model: Partial<Model> = {}, ceiling = 10n ** 12n) {
  const catalog = sampleCatalog(
    [sampleModel('next', { fallbacks: ['alpha'], ...model }), sampleModel('alpha')],
    [],
  );
  const live = { takenAtMs: 0, models: new Map() };
  const packNothing = async () => new Uint8Array();
  const order = { record: { ...record, ...change }, route: 'auto', shadow, ceiling };
  return draftShadow({ catalog, live, packNothing }, { ...order, nowMs: 2_000_000 });
}

test('a shadow names one model, and nothing of the caller', async () => {
  const job = await draft();
  expect(job).toMatchObject({ tenant: 'lab', model: 'next', priority: 9, deadlineAtMs: 2_060_000 });
  expect(job?.plan.candidates.map(({ model }) => model)).toEqual(['next']);
  expect(job?.spec).toEqual({
    kind: 'chat.completions',
    requested: 'next',
    models: ['next'],
    allowedModels: ['next'],
    features: record.spec.features,
    metadata: { shadow_of: record.id, shadow_of_tenant: 'dev', shadow_route: 'auto' },
    user: undefined,
    customId: undefined,
    riskRetries: 0,
    fallbackOnFilter: false,
    onMiss: 'fail',
    webhook: undefined,
    shadowOf: {
      ...{ tenant: 'dev', id: record.id, route: 'auto', model: 'alpha' },
      ...{ outcome: 'succeeded', costNanoUsd: '321', callMs: 700, firstByteMs: 90 },
    },
  });
});

test('it claims the job that it repeats, whoever drafts it', async () => {
  const [first, again, other] = [await draft(), await draft(), await draft({ id: newJobId() })];
  expect(first?.idempotency).toEqual(again?.idempotency);
  expect(first?.id).not.toBe(again?.id);
  expect(other?.idempotency).not.toEqual(first?.idempotency);
});

test('there is none for a model that cannot take the request, or not for the ceiling', async () => {
  expect(await draft({}, { kinds: ['embeddings'] })).toBeUndefined();
  expect(await draft({}, {}, 1n)).toBeUndefined();
  expect(await draft({ attempts: [] })).toBeUndefined();
});
