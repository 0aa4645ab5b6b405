/** Calls of the job store that its suites make, with what they mostly say. */
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type {
  ClaimResult,
  JobRef,
  JobStore,
  NewJob,
  ReassignRequest,
  SettleRequest,
} from '@forebay/shared/ports/job-store';
import { answeredFor, candidateFor, lostFor, planFor } from '../support/store.ts';

export const leaseMs = 15_000;

export async function mustRead(jobs: JobStore, ref: JobRef): Promise<JobRecord> {
  const record = await jobs.read(ref);
  if (!isRecord(record)) throw new Error('the job should be there');
  return record;
}

export async function claim(
  jobs: JobStore,
  job: NewJob,
  {
    fence = 1,
    token = 'claim-1',
    price,
  }: { fence?: number; token?: string; price?: JsonObject } = {},
) {
  return jobs.claim({
    id: job.id,
    tenant: job.tenant,
    fence,
    token,
    worker: 'w1',
    leaseMs,
    model: 'alpha',
    deployment: 'alpha/main',
    reservation: undefined,
    price,
  });
}

export function mustBeClaimed(result: ClaimResult): JobRecord {
  if (result.kind !== 'claimed') throw new Error(`not claimed: ${result.kind}`);
  return result.record;
}

export function success(job: NewJob, fence: number, cost: bigint): SettleRequest {
  return {
    settlement: 'settle-1',
    id: job.id,
    tenant: job.tenant,
    fence,
    from: ['running', 'cancelling'],
    attempt: answeredFor(fence, cost),
    to: 'succeeded',
    reason: { code: 'succeeded', text: 'answered' },
    error: undefined,
    usage: undefined,
    sealedResult: Buffer.from('answer'),
  };
}

export function moveTo(
  job: NewJob,
  model: string,
  changes: Partial<ReassignRequest>,
): ReassignRequest {
  return {
    id: job.id,
    tenant: job.tenant,
    fence: 2,
    from: ['running'],
    attempt: lostFor(2, 400n),
    workerDied: true,
    model,
    plan: planFor(candidateFor(model, 300n)),
    whyChosen: 'next',
    reservation: 300n,
    notBeforeMs: 0,
    reason: { code: 'reassigned', text: 'moved' },
    whenShort: 'refuse',
    ...changes,
  };
}
