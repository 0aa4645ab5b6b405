/**
 * The calls of the job store that steps stand for, made out of what a world looks like now.
 */
import { newJobId, newToken } from '@forebay/shared/domain/ids';
import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import type { AttemptSettlement, NewJob } from '@forebay/shared/ports/job-store';
import {
  answeredFor,
  candidateFor,
  lostFor,
  newJob,
  plainSpec,
  planFor,
} from '../support/store.ts';
import { type End, keyIdOf, type Step } from './store-steps.ts';
import { type Sight, share, type World, worldCeiling } from './world.ts';

export type JobStep = Exclude<Step, { kind: 'repeat' | 'advance' | 'terms' }>;
export type Make = () => Promise<{ readonly kind: string }>;

/** Of a world in which there may be nothing to act on. */
export async function callFor(
  world: World,
  step: JobStep,
  sight: Sight,
): Promise<Make | undefined> {
  if (step.kind === 'admit') return admit(world, step);
  const job = world.jobs[step.job % Math.max(1, world.jobs.length)];
  const record = job === undefined ? undefined : sight.get(job.id)?.record;
  return job === undefined || record === undefined
    ? undefined
    : actOn(world, step, { job, record });
}

const jobsMax = 5;

async function admit(
  world: World,
  step: Extract<Step, { kind: 'admit' }>,
): Promise<Make | undefined> {
  if (world.jobs.length + step.count > jobsMax) return undefined;
  const nowMs = await world.store.jobs.nowMs();
  const jobs = Array.from({ length: step.count }, () => jobFor(world, step, nowMs));
  return async () => {
    const { onRefusal, isCut } = step;
    const tellsShort = isCut && onRefusal === 'each';
    const results = await world.store.jobs.admitGroup({ jobs, onRefusal, tellsShort });
    for (const [index, result] of results.entries()) {
      const job = jobs[index];
      const isNew = job !== undefined && !world.jobs.includes(job);
      if (isNew && result.kind === 'admitted') world.jobs.push(job);
    }
    return { kind: [...new Set(results.map(({ kind }) => kind))].join('+'), results };
  };
}

function jobFor(world: World, step: Extract<Step, { kind: 'admit' }>, nowMs: number): NewJob {
  const webhook = {
    url: 'https://example.com/',
    endpointId: world.endpointId,
    events: ['job.succeeded', 'job.failed', 'job.cancelled', 'job.expired', 'job.reassigned'],
  } as const;
  const reservation = share(worldCeiling, step.percent);
  return newJob({
    id: newJobId(),
    tenant: world.tenant,
    ceiling: worldCeiling,
    reservation,
    plan: planFor(
      candidateFor('alpha', reservation),
      candidateFor('beta', reservation / 2n),
      candidateFor('gamma', reservation / 4n),
    ),
    runAtMs: step.startsInMs === undefined ? undefined : nowMs + step.startsInMs,
    deadlineAtMs: nowMs + (step.livesLong ? 3 * 86_400_000 : 120_000),
    ...(step.isLine ? { reservesWithClaim: true } : {}),
    spec: {
      ...plainSpec,
      ...(step.isCut ? { features: { ...plainSpec.features, cutsOutput: true } } : {}),
      webhook,
      keyId: keyIdOf(step.key),
      batchId: step.isLine ? world.batchId : undefined,
    },
  });
}

interface Subject {
  readonly job: NewJob;
  readonly record: JobRecord;
}

function actOn(
  world: World,
  step: Exclude<JobStep, { kind: 'admit' }>,
  subject: Subject,
): Make | Promise<Make> | undefined {
  const { jobs } = world.store;
  const { job, record } = subject;
  const ref = { id: job.id, tenant: job.tenant };
  switch (step.kind) {
    case 'cancel':
      return () => jobs.cancel(ref);
    case 'change':
      return change(world, step, subject);
    case 'feed': {
      const { percent, tellsShort } = step;
      const reservation = percent === undefined ? plannedFor(record) : share(worldCeiling, percent);
      return () => jobs.feed({ ...ref, fence: record.fence, reservation, tellsShort });
    }
    case 'claim':
      return claim(world, step, subject);
    case 'renew': {
      const token = tokens.get(`${job.id} ${record.fence}`) ?? 'claim_none';
      const fence = record.fence - (step.stale ? 1 : 0);
      return () => jobs.renew({ ...ref, fence, token, leaseMs });
    }
    case 'settle':
      return settle(world, step, subject);
    case 'expire': {
      const settlement = newToken('settle');
      return () =>
        jobs.settle({
          ...ref,
          settlement,
          fence: record.fence,
          from: ['queued', 'scheduled'],
          attempt: undefined,
          to: 'expired',
          reason: { code: 'deadline_exceeded', text: 'late' },
          error: { code: 'deadline_exceeded', message: 'late', class: undefined },
          usage: undefined,
          sealedResult: undefined,
        });
    }
    case 'reassign':
      return reassign(world, step, subject);
    case 'promote':
      return promote(world, step, subject);
  }
}

/** What the plan reserves for the model that a job is on. */
export function plannedFor({ plan, model }: JobRecord): bigint {
  const candidate = plan.candidates.find((entry) => entry.model === model);
  return BigInt(candidate?.reservationNanoUsd ?? '0');
}

async function change(
  { store }: World,
  step: Extract<Step, { kind: 'change' }>,
  { job, record }: Subject,
): Promise<Make> {
  const { id, tenant } = job;
  const { priority, deadlineInMs, ceilingPercent } = step;
  const nowMs = await store.jobs.nowMs();
  const request = {
    ...{ id, tenant, priority },
    version: record.version - (step.stale ? 1 : 0),
    mark: newToken('change'),
    deadlineAtMs: deadlineInMs === undefined ? undefined : nowMs + deadlineInMs,
    ceiling: ceilingPercent === undefined ? undefined : share(worldCeiling, ceilingPercent),
  };
  return () => store.jobs.change(request);
}

export const leaseMs = 15_000;

/** By job and fence of the claim, so that the holder can renew. */
const tokens = new Map<string, string>();

function claim(
  { store }: World,
  step: Extract<Step, { kind: 'claim' }>,
  { job, record }: Subject,
): Make {
  const token = newToken('claim');
  const fence = record.fence - (step.stale ? 1 : 0);
  tokens.set(`${job.id} ${fence + 1}`, token);
  const part = step.percent;
  const { reserved } = record.money;
  const held = reserved > 0n ? reserved : plannedFor(record);
  return () =>
    store.jobs.claim({
      id: job.id,
      tenant: job.tenant,
      fence,
      token,
      worker: 'w1',
      leaseMs,
      model: record.model,
      deployment: `${record.model}/main`,
      reservation: part === undefined ? undefined : share(held, part),
    });
}

function settlementOf(attempt: Attempt, end: End, part: number): AttemptSettlement {
  const { fence, reservedNanoUsd } = attempt;
  const worst = lostFor(fence, reservedNanoUsd);
  switch (end) {
    case 'answered':
      return answeredFor(fence, share(reservedNanoUsd, part));
    case 'lost':
      return worst;
    case 'ambiguous':
      return { fence, end: { ...worst.end, outcome: 'timeout' } };
    case 'refused':
      return {
        fence,
        end: {
          ...worst.end,
          outcome: 'overloaded',
          ambiguity: 'refused',
          costNanoUsd: 0n,
          costIs: 'none',
        },
      };
  }
}

function settle(
  { store }: World,
  step: Extract<Step, { kind: 'settle' }>,
  { job, record }: Subject,
): Make | undefined {
  const attempt = record.attempts.at(-1 - step.back);
  if (attempt === undefined) return undefined;
  const settlement = settlementOf(attempt, step.end, step.percent);
  const succeeded = step.end === 'answered';
  if (step.end === 'lost') endLease(store, record);
  const named = newToken('settle');
  return () =>
    store.jobs.settle({
      settlement: named,
      id: job.id,
      tenant: job.tenant,
      fence: attempt.fence,
      from: ['running', 'cancelling'],
      attempt: settlement,
      to: succeeded ? 'succeeded' : 'failed',
      reason: { code: step.end, text: step.end },
      error: succeeded
        ? undefined
        : { code: 'provider_error', message: step.end, class: undefined },
      usage: undefined,
      sealedResult: succeeded ? Buffer.from('answer') : undefined,
    });
}

function reassign(
  { store }: World,
  step: Extract<Step, { kind: 'reassign' }>,
  { job, record }: Subject,
): Make | undefined {
  const attempt = record.attempts.at(-1);
  const { end } = step;
  if (end !== undefined && attempt === undefined) return undefined;
  const settlement =
    end === undefined || attempt === undefined
      ? undefined
      : settlementOf(attempt, end, step.percent);
  const model = record.model === 'alpha' ? 'beta' : 'alpha';
  const reservation = share(worldCeiling, step.reservePercent);
  if (end === 'lost') endLease(store, record);
  return () =>
    store.jobs.reassign({
      id: job.id,
      tenant: job.tenant,
      fence: record.fence,
      from: [settlement === undefined ? 'queued' : 'running'],
      attempt: settlement,
      workerDied: end === 'lost',
      model,
      plan: planFor(candidateFor(model, reservation), candidateFor('gamma', reservation / 4n)),
      whyChosen: 'next',
      reservation,
      notBeforeMs: 0,
      reason: { code: 'reassigned', text: 'moved' },
      whenShort: step.whenShort,
    });
}

function promote(
  world: World,
  step: Extract<Step, { kind: 'promote' }>,
  { job, record }: Subject,
): Make {
  const from = record.model;
  const to = from === 'alpha' ? 'beta' : 'alpha';
  const reservation = share(worldCeiling, step.reservePercent);
  world.promotions += 1;
  // Never twice the same, and sometimes a move saves money.
  const premiumNanoUsd = BigInt(world.promotions) * (world.promotions % 3 === 0 ? -1n : 1n);
  return () =>
    world.store.jobs.reassign({
      id: job.id,
      tenant: job.tenant,
      fence: record.fence,
      from: ['queued'],
      attempt: undefined,
      workerDied: false,
      model: to,
      plan: planFor(candidateFor(to, reservation), candidateFor('gamma', reservation / 4n)),
      whyChosen: 'overloaded',
      reservation,
      notBeforeMs: 0,
      reason: { code: 'promoted', text: 'moved' },
      whenShort: 'refuse',
      promotion: { from, to, premiumNanoUsd, savedMs: undefined },
      cause: 'promoted',
    });
}

/** Only an ended lease can be lost. */
function endLease(store: World['store'], record: JobRecord): void {
  if (record.leaseUntilMs !== undefined) store.advance(leaseMs + 1);
}
