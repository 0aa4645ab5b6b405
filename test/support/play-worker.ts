/** Moves a job as a worker would, so that api tests can have jobs in every state. */
import { join } from 'node:path';
import { newToken, parseJobId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Json, JsonObject } from '@forebay/shared/domain/json';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import type { InProcessApi } from './api-in-process.ts';
import { answeredFor, lostFor, testTenant } from './store.ts';

export async function readRecord(api: InProcessApi, id: string): Promise<JobRecord> {
  const job = parseJobId(id);
  if (job === undefined) throw new Error(`${id} is no job id`);
  const record = await api.store.jobs.read({ tenant: testTenant, id: job });
  if (record === undefined || 'kind' in record) throw new Error(`${id} cannot be read`);
  return record;
}

/** Claims a queued job of the tenant `dev`. @returns the fence of the claim. */
export async function claimJob(api: InProcessApi, id: string, price?: JsonObject): Promise<number> {
  const record = await readRecord(api, id);
  const claimed = await api.store.jobs.claim({
    tenant: record.tenant,
    id: record.id,
    fence: record.fence,
    token: `claim-of-${id}-${record.fence}`,
    worker: 'played',
    leaseMs: 15_000,
    model: record.model,
    deployment: `${record.model}/main`,
    reservation: undefined,
    price,
  });
  if (claimed.kind !== 'claimed') throw new Error(`the claim gave ${claimed.kind}`);
  return claimed.record.fence;
}

/** Ends a claimed job with an answer. */
export async function answerJob(api: InProcessApi, id: string, answer: Json): Promise<void> {
  const record = await readRecord(api, id);
  const objects = createDiskObjectStore(join(api.dataDir, 'objects'));
  const vault = createPayloadVault({ seal: createPlainSeal(), objects });
  const context = { tenant: record.tenant, job: record.id, field: 'result' } as const;
  const attempt = answeredFor(record.fence, 7n);
  const settled = await api.store.jobs.settle({
    settlement: newToken('settle'),
    tenant: record.tenant,
    id: record.id,
    fence: record.fence,
    from: ['running', 'cancelling'],
    attempt,
    to: 'succeeded',
    reason: { code: 'succeeded', text: 'answered' },
    error: undefined,
    usage: attempt.end.usage,
    sealedResult: await vault.pack(context, answer),
  });
  if (settled.kind !== 'settled') throw new Error(`settling gave ${settled.kind}`);
}

/** Shows text of a claimed job's answer, one piece each, as its next batch. */
export async function showText(
  api: InProcessApi,
  id: string,
  shown: { readonly batch: number; readonly texts: readonly string[]; readonly isLast?: boolean },
): Promise<void> {
  const { tenant, id: job, fence } = await readRecord(api, id);
  const objects = createDiskObjectStore(join(api.dataDir, 'objects'));
  const vault = createPayloadVault({ seal: createPlainSeal(), objects });
  const pieces = await Promise.all(
    shown.texts.map((text) =>
      vault.seal({ tenant, job, field: 'delta' }, { choice: 0, field: 'content', text }),
    ),
  );
  const { batch, isLast = false } = shown;
  const result = await api.store.deltas.append({ tenant, id: job, fence, batch, pieces, isLast });
  if (result !== 'appended') throw new Error('the text was refused');
}

/** Ends the attempt of a claimed job without an answer; the job waits again. */
export async function failAttempt(api: InProcessApi, id: string): Promise<void> {
  const record = await readRecord(api, id);
  const { end } = lostFor(record.fence, record.money.reserved);
  const moved = await api.store.jobs.reassign({
    tenant: record.tenant,
    id: record.id,
    fence: record.fence,
    from: ['running'],
    attempt: { fence: record.fence, end: { ...end, outcome: 'cut' } },
    workerDied: false,
    model: record.model,
    plan: record.plan,
    whyChosen: 'again',
    reservation: record.money.reserved,
    notBeforeMs: 0,
    reason: { code: 'reassigned', text: 'reassigned: the answer was cut off' },
    whenShort: 'refuse',
  });
  if (moved.kind !== 'reassigned') throw new Error(`reassigning gave ${moved.kind}`);
}

interface UnansweredEnd {
  readonly to: 'failed' | 'expired';
  readonly message: string;
  readonly outcome?: ErrorClass;
}

/** Ends a job without an answer: one that was claimed by its attempt, another one as it waits. */
export async function endUnanswered(
  api: InProcessApi,
  id: string,
  { to, message, outcome = 'cut' }: UnansweredEnd,
): Promise<void> {
  const { tenant, id: job, fence, state, money } = await readRecord(api, id);
  const lost = lostFor(fence, money.reserved);
  const error = { class: outcome, status: 503, code: undefined, message } as const;
  const settled = await api.store.jobs.settle({
    ...{ settlement: newToken('settle'), tenant, id: job, fence, from: [state], to },
    attempt: state === 'running' ? { ...lost, end: { ...lost.end, outcome, error } } : undefined,
    reason: { code: to, text: message },
    error: { code: 'provider_error', message, class: outcome },
    usage: undefined,
    sealedResult: undefined,
  });
  if (settled.kind !== 'settled') throw new Error(`settling gave ${settled.kind}`);
}
