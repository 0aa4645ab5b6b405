/** One execution on a real store, where something between claim and call goes wrong (E5). */

import { ticketId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Model } from '@forebay/shared/domain/model-catalog';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { NewJob } from '@forebay/shared/ports/job-store';
import type { ProviderClient } from '@forebay/shared/ports/provider-client';
import { snapshotPrice } from '@forebay/shared/pricing/snapshot-price';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { openAnswerJournal } from '@forebay/worker/execution/answer-journal';
import type { CallFacts } from '@forebay/worker/execution/call-facts';
import { endMissed } from '@forebay/worker/execution/end-missed';
import { type ExecutionOutcome, executeJob } from '@forebay/worker/execution/execute-job';
import { createAnswerKeeper } from '@forebay/worker/execution/keep-answer';
import { createSchemaChecker } from '@forebay/worker/outputs/schema-checker';
import { afterAll, expect, test } from 'vitest';
import { movingDeps } from '../support/moving-deps.ts';
import { useRedis } from '../support/redis.ts';
import { sampleModel } from '../support/sample-catalog.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { candidateFor, newJob, plainSpec, planFor, useStore } from '../support/store.ts';

const redis = useRedis();
/** More than the worst case of the sample model. */
const worstCase = 100_000_000n;

const objects = {
  put: () => Promise.reject(new Error('this test stores nothing outside')),
  get: () => Promise.resolve(undefined),
  delete: () => Promise.resolve(),
};
const outputs = createSchemaChecker({ clock: systemClock });
afterAll(() => outputs.close());
const vault = createPayloadVault({ seal: createPlainSeal(), objects });

interface Scene {
  readonly call: ProviderClient['call'];
  /** What stands where the request should be; the sealed request when absent. */
  readonly payload?: Uint8Array;
  /** Fields of the request beside its messages. */
  readonly request?: JsonObject;
  readonly riskRetries?: number;
  /** What was held when the job was planned; more than enough when absent. */
  readonly reservation?: bigint;
  /** The output cap that is sent; well below the model's default when absent. */
  readonly outputCapTokens?: number;
  /** When the permit ends; never when absent. */
  readonly permitUntilMs?: number;
}

interface RunEnd {
  readonly outcome: ExecutionOutcome;
  readonly record: JobRecord;
  readonly ended: readonly CallFacts[];
  /** What was heard of usage that was not believed. */
  readonly refused: readonly unknown[];
}

async function run(scene: Scene): Promise<RunEnd> {
  const store = await useStore(redis().url);
  const model: Model = sampleModel('alpha');
  const plain = newJob();
  const context = { tenant: plain.tenant, job: plain.id, field: 'payload' } as const;
  const candidate = candidateFor('alpha', worstCase);
  const { outputCapTokens = candidate.outputCapTokens } = scene;
  const job: NewJob = {
    ...plain,
    spec: { ...plainSpec, riskRetries: scene.riskRetries ?? 0 },
    plan: planFor({ ...candidate, outputCapTokens }),
    ceiling: worstCase,
    reservation: scene.reservation ?? worstCase,
    sealedPayload: scene.payload ?? (await vault.pack(context, { messages: [], ...scene.request })),
  };
  const admitted = await store.jobs.admit(job);
  if (admitted.kind !== 'admitted') throw new Error(`the job was not admitted: ${admitted.kind}`);
  const { fence } = admitted.record;
  const moving = movingDeps(store);
  const { events, giveUp } = moving;
  const refused: unknown[] = [];
  events.on('usage.refused', (fields) => refused.push(fields));
  const journal = await openAnswerJournal({
    directory: scratchFolder('journal'),
    ...{ owner: 'w1', clock: systemClock },
  });
  const [deployment] = model.deployments;
  if (deployment === undefined) throw new Error('the sample model has a deployment');
  const ended: CallFacts[] = [];
  const outcome = await executeJob(
    {
      ...moving,
      ...{ deltas: store.deltas, lanes: store.lanes, wakeUps: store.wakeUps, vault },
      lease: { leaseMs: 15_000, renewalMs: 5_000 },
      handBack: giveUp,
      provider: { call: scene.call, close: () => Promise.resolve() },
      answers: createAnswerKeeper({
        ...moving,
        ...{ vault, outputs, journal },
        endMissed: (request, end) => endMissed(moving, request, end),
      }),
      workerName: 'w1',
    },
    {
      ...{ id: job.id, tenant: job.tenant, ticket: ticketId(job.id, fence), fence },
      ...{ model, deployment, permitUntilMs: scene.permitUntilMs ?? Number.POSITIVE_INFINITY },
      callEnded: (facts) => ended.push(facts),
    },
  );
  const record = await store.jobs.read(job);
  if (!isRecord(record)) throw new Error('the job cannot be read');
  expect(journal.pending()).toEqual([]);
  await journal.close();
  return { outcome, record, ended, refused };
}

test('an adapter that throws ends the attempt at its worst case', async () => {
  const { outcome, record } = await run({ call: () => Promise.reject(new TypeError('a bug')) });
  expect(outcome).toMatchObject({ kind: 'failed', label: 'worker_error' });
  expect(record).toMatchObject({
    state: 'failed',
    error: { code: 'ambiguous_attempts_exhausted', class: 'worker_error' },
    money: { reserved: 0n, spent: 0n, unknown: worstCase },
    attempts: [{ end: { outcome: 'worker_error', ambiguity: 'unknown', counted: true } }],
  });
  const price = sampleModel('alpha').deployments[0]?.price;
  expect(record.attempts[0]?.price).toEqual(price && snapshotPrice(price));
});

const neverCalled = () => Promise.reject(new Error('nothing may be sent'));

test.each([
  ['whose object is gone', Buffer.from('opayloads/dev/gone')],
  ['that is damaged', Buffer.from('i not what was sealed')],
])('a request %s fails the job at once, free of cost', async (_, payload) => {
  const { outcome, record, ended } = await run({ call: neverCalled, payload });
  expect(outcome).toMatchObject({ kind: 'failed', label: 'payload_unreadable' });
  expect(ended).toMatchObject([{ usedTokens: 0, serviceMs: undefined }]);
  expect(record).toMatchObject({
    state: 'failed',
    error: { code: 'payload_unreadable', class: 'payload_unreadable' },
    money: { reserved: 0n, spent: 0n, unknown: 0n },
    attempts: [{ end: { outcome: 'payload_unreadable', ambiguity: 'not_sent' } }],
    workerDeaths: 0,
  });
});

test('a call whose permit has run out is not made and costs nothing', async () => {
  const { outcome, record, ended } = await run({ call: neverCalled, permitUntilMs: 0 });
  expect(outcome).toMatchObject({ kind: 'failed', label: 'permit_lapsed' });
  expect(ended).toMatchObject([{ usedTokens: 0, serviceMs: undefined }]);
  expect(record).toMatchObject({
    state: 'queued',
    money: { spent: 0n, unknown: 0n },
    attempts: [{ end: { outcome: 'permit_lapsed', ambiguity: 'not_sent', counted: false } }],
  });
});

test('usage that cannot be true costs the reservation and raises an alarm (F28)', async () => {
  const usage = { cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 };
  const { record, refused } = await run({
    call: () =>
      Promise.resolve({
        kind: 'failed',
        errorClass: 'malformed_answer',
        ambiguity: 'answered',
        status: 200,
        code: undefined,
        message: 'the answer has not the form of its kind',
        retryAfterMs: undefined,
        usage: { ...usage, inputTokens: 10 ** 8 },
        requestId: undefined,
        rateLimits: undefined,
        timings: { firstByteMs: 1, totalMs: 2 },
      }),
  });
  const [attempt] = record.attempts;
  expect(attempt?.end).toMatchObject({ usage: undefined, costIs: 'worst_case' });
  expect(attempt?.end?.costNanoUsd).toBe(attempt?.reservedNanoUsd);
  expect(refused).toEqual([
    { job: record.id, model: 'alpha', deployment: 'alpha/main', reason: 'absurd' },
  ]);
});

test('a price that has risen since the job was planned is planned for anew, not paid', async () => {
  let calls = 0;
  const call: ProviderClient['call'] = () => {
    calls += 1;
    return Promise.reject(new Error('nothing may be sent'));
  };
  const { outcome, record } = await run({ call, reservation: 1n });
  expect(outcome).toMatchObject({ kind: 'failed', label: 'price_raised' });
  expect(calls).toBe(0);
  expect(record).toMatchObject({
    state: 'queued',
    money: { spent: 0n, unknown: 0n },
    attempts: [{ end: { outcome: 'price_raised', ambiguity: 'not_sent', counted: false } }],
  });
  expect(record.money.reserved).toBeGreaterThan(1n);
});

const asksForNumber: JsonObject = {
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'price',
      schema: { type: 'object', properties: { price: { type: 'number' } } },
    },
  },
};

test('an answer that misses the schema asked for is charged at its usage and told', async () => {
  const body = { choices: [{ message: { content: '{"price": "9"}' }, finish_reason: 'stop' }] };
  const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 };
  const { outcome, record, ended } = await run({
    request: asksForNumber,
    call: () =>
      Promise.resolve({
        kind: 'answered',
        ...{ body, usage, requestId: 'r', rateLimits: undefined },
        timings: { firstByteMs: 1, totalMs: 2 },
      }),
  });
  expect(outcome).toEqual({ kind: 'failed', label: 'malformed_output' });
  // The permit went back before the answer was looked at: for its lane it is one like any other.
  expect(ended).toMatchObject([{ usedTokens: 15, serviceMs: 2, end: { outcome: 'succeeded' } }]);
  expect(record).toMatchObject({
    state: 'failed',
    error: {
      code: 'malformed_output',
      message:
        'The answer was complete and is charged, but cannot be used: $.price must be number.',
    },
    // Ten tokens in and five out, at one and four dollars a million.
    money: { spent: 30_000n, unknown: 0n, reserved: 0n },
    attempts: [{ end: { outcome: 'malformed_output', ambiguity: 'answered', costIs: 'exact' } }],
  });
});

test.each([
  ['by its model, which is remembered against it', sampleModel('alpha').defaultOutputTokens, 'cut'],
  ['where its caller wanted it short, which is not', 50, undefined],
])('an answer is cut %s', async (_, outputCapTokens, flaw) => {
  const body = { choices: [{ message: { content: 'and so' }, finish_reason: 'length' }] };
  const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 };
  const { record } = await run({
    outputCapTokens,
    call: () =>
      Promise.resolve({
        kind: 'answered',
        ...{ body, usage, requestId: 'r', rateLimits: undefined },
        timings: { firstByteMs: 1, totalMs: 2 },
      }),
  });
  expect(record.state).toBe('succeeded');
  expect(record.attempts[0]?.end?.flaw).toBe(flaw);
});
