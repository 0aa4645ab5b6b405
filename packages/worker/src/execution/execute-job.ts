/**
 * One ticket, from permit to settlement: claim → call → journal → judge → settle.
 *
 * E1. A ticket whose fence or state does not match ends silently; the provider is not called (S4).
 * E2. The provider's answer is on disk before the store hears of it (S6).
 * E3. Cancel, deadline, lost lease and shutdown are different ends; shutdown hands the job back.
 * E4. What failed is decided in one place: `dispatch/reassign-job.ts` (S8).
 * E5. A claimed job always comes to an end of its attempt here, also when its request cannot be
 *     read or the adapter throws: a lease that runs out costs the worst case and a worker death.
 */
import { newToken, type TicketId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Deployment, Model } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { Ambiguity } from '@forebay/shared/domain/outcome';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { JobRef, JobStore, SettleRequest } from '@forebay/shared/ports/job-store';
import type { AnsweredCall } from '@forebay/shared/ports/provider-client';
import { usageBounds } from '@forebay/shared/pricing/price-attempt';
import { snapshotPrice } from '@forebay/shared/pricing/snapshot-price';
import { wantsShadow } from '@forebay/shared/routing/shadow';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type EaseLaneDeps, easeLane } from '../dispatch/ease-lane.ts';
import { type ReassignJobDeps, reassignJob } from '../dispatch/reassign-job.ts';
import {
  type AttemptTerms,
  type JudgedEnd,
  judgeAnswer,
  judgeEnding,
  judgeFailure,
  judgeMiss,
} from '../settlement/judge-attempt.ts';
import { persist } from '../settlement/persist.ts';
import { refusedUsage } from '../settlement/refused-usage.ts';
import { inAttemptSpan } from './attempt-span.ts';
import { capOf, worstCaseNow } from './attempt-terms.ts';
import { type CallFacts, callFacts } from './call-facts.ts';
import { type CallProviderDeps, callProvider, type ProvidedCall } from './call-provider.ts';
import { createDeltaWriter, type DeltaWriter, type DeltaWriterDeps } from './delta-writer.ts';
import { figuresOf } from './figures-of.ts';
import { hasHung } from './has-hung.ts';
import type { AnswerKeeper } from './keep-answer.ts';
import { ledgerFacts } from './ledger-facts.ts';
import { waitOf } from './wait-of.ts';
import {
  type AbortCause,
  type LeaseWatch,
  type WatchLeaseDeps,
  watchLease,
} from './watch-lease.ts';

export interface ExecuteJobDeps
  extends WatchLeaseDeps,
    ReassignJobDeps,
    DeltaWriterDeps,
    CallProviderDeps {
  readonly jobs: JobStore;
  readonly lanes: ReassignJobDeps['lanes'] & EaseLaneDeps['lanes'];
  readonly vault: PayloadVault;
  readonly answers: AnswerKeeper;
  readonly workerName: string;
}

/** A ticket with its permit. */
export interface Assignment extends JobRef {
  readonly ticket: TicketId;
  readonly fence: number;
  readonly model: Model;
  readonly deployment: Deployment;
  /** When the permit ends, by this process's monotonic clock: no call may outlast it. */
  readonly permitUntilMs: number;
  /**
   * Called once the provider's call is over, before its end is written anywhere: another call may
   * have the permit now. Not called when there was no call.
   */
  readonly callEnded: (facts: CallFacts) => void;
}

/** How to end the ticket. */
export interface ExecutionOutcome {
  /** `succeeded`, an error class, `stale` or an end state: shown on the ticket. */
  readonly kind: 'succeeded' | 'failed' | 'stale';
  readonly label: string;
}

export async function executeJob(
  deps: ExecuteJobDeps,
  assignment: Assignment,
): Promise<ExecutionOutcome> {
  const token = newToken('claim');
  const claim = await claimJob(deps, assignment, token);
  if (claim.kind !== 'claimed') return claim;
  return inAttemptSpan(claim.record, () => runAttempt(deps, assignment, { ...claim, token }));
}

async function runAttempt(
  deps: ExecuteJobDeps,
  assignment: Assignment,
  { token, ...claim }: Claimed & { readonly token: string },
): Promise<ExecutionOutcome> {
  const { record } = claim;
  const watch = watchLease(deps, { record, token });
  const live = record.spec.stream === true ? createDeltaWriter(deps, record) : undefined;
  try {
    const terms = termsOf(assignment, record);
    const callEnded = onlyFirst(assignment.callEnded);
    const onAnswered = (answer: AnsweredCall) =>
      callEnded(callFacts({ outcome: answer, record }, judgeAnswer(terms, answer)));
    const call = await callProvider(deps, { assignment, watch, live, onAnswered, ...claim });
    const ended = { assignment: { ...assignment, callEnded }, record, watch, live, ...call };
    return await conclude(deps, ended, terms);
  } finally {
    await watch.stop();
  }
}

/** The permit goes back once, with what was known then. */
function onlyFirst(callEnded: Assignment['callEnded']): Assignment['callEnded'] {
  let isOver = false;
  return (facts) => {
    if (!isOver) callEnded(facts);
    isOver = true;
  };
}

function termsOf({ deployment, model }: Assignment, record: JobRecord): AttemptTerms {
  return {
    reservation: record.money.reserved,
    price: deployment.price,
    bounds: usageBounds({
      model,
      features: record.spec.features,
      outputCapTokens: capOf(record, model),
    }),
  };
}

type Claimed = {
  readonly kind: 'claimed';
  readonly record: JobRecord;
  readonly sealedPayload: Uint8Array;
};

async function claimJob(
  deps: ExecuteJobDeps,
  assignment: Assignment,
  token: string,
): Promise<Claimed | ExecutionOutcome> {
  const { id, tenant, fence, model, deployment } = assignment;
  const reservation = await lowerReservation(deps, assignment);
  crashPoint('worker.before-claim');
  const claim = await persist(deps, 'claim', () =>
    deps.jobs.claim({
      id,
      tenant,
      fence,
      token,
      worker: deps.workerName,
      leaseMs: deps.lease.leaseMs,
      model: model.name,
      deployment: deployment.id,
      reservation,
      price: snapshotPrice(deployment.price),
    }),
  );
  crashPoint('worker.after-claim');
  if (claim.kind === 'too_late') {
    await expireJob(deps, assignment);
    return stale('expired');
  }
  if (claim.kind === 'held') return stale('held');
  if (claim.kind !== 'claimed') {
    deps.events.emit('ticket.stale', { job: id, model: model.name, fence });
    return stale('stale');
  }
  const { record } = claim;
  const sealedPayload = await payloadOf(deps, claim);
  deps.events.emit('attempt.started', {
    job: id,
    model: model.name,
    fence: record.fence,
    deployment: deployment.id,
    priority: record.priority,
    ...waitOf(record),
  });
  return { kind: 'claimed', record, sealedPayload };
}

/**
 * A shadow has no request of its own: it needs that of its job, while that is there, and while its
 * route still has this shadow.
 */
async function payloadOf(
  deps: ExecuteJobDeps,
  { record, sealedPayload }: Omit<Claimed, 'kind'>,
): Promise<Uint8Array> {
  const { shadowOf } = record.spec;
  if (shadowOf === undefined) return sealedPayload;
  const aim = { model: record.model, route: shadowOf.route };
  if (!wantsShadow(deps.catalog(), aim)) return new Uint8Array();
  const read = await persist(deps, 'read', () => deps.jobs.readPayload(shadowOf));
  return read ?? new Uint8Array();
}

/**
 * The worst case at the chosen deployment, where that can be less than at the dearest one;
 * `undefined` takes the latter and saves the reading.
 */
async function lowerReservation(
  deps: ExecuteJobDeps,
  { id, tenant, model, deployment }: Assignment,
): Promise<bigint | undefined> {
  const prices = model.deployments.map(({ price }) => price.id);
  if (new Set(prices).size === 1) return undefined;
  const record = await persist(deps, 'read', () => deps.jobs.read({ id, tenant }));
  if (!isRecord(record)) return undefined;
  const exact = worstCaseNow(record, { model, deployment });
  return exact < heldFor(record, model) ? exact : undefined;
}

/** What is held for the attempt, or will be from the claim on. */
function heldFor(record: JobRecord, model: Model): NanoUsd {
  const planned = record.plan.candidates.find((candidate) => candidate.model === model.name);
  const { reserved } = record.money;
  return reserved > 0n ? reserved : BigInt(planned?.reservationNanoUsd ?? '0');
}

async function expireJob(deps: ExecuteJobDeps, { id, tenant }: JobRef): Promise<void> {
  const record = await persist(deps, 'read', () => deps.jobs.read({ id, tenant }));
  if (isRecord(record)) await reassignJob(deps, { record, why: { kind: 'deadline' } });
}

interface EndedCall extends ProvidedCall {
  readonly assignment: Assignment;
  readonly record: JobRecord;
  readonly watch: LeaseWatch;
  readonly live: DeltaWriter | undefined;
}

async function conclude(
  deps: ExecuteJobDeps,
  ended: EndedCall,
  terms: AttemptTerms,
): Promise<ExecutionOutcome> {
  const { outcome } = ended;
  if (outcome.kind !== 'answered') void ended.live?.finish(outcome.kind);
  switch (outcome.kind) {
    case 'answered':
      return endAnswered(deps, ended, { end: judgeAnswer(terms, outcome), body: outcome.body });
    case 'failed':
      return moveOn(deps, ended, {
        end: figuresOf(ended.record, judgeFailure(terms, outcome)),
        retryAfterMs: outcome.retryAfterMs,
      });
    case 'aborted':
      return letGo(deps, ended, { terms, ambiguity: outcome.ambiguity });
  }
}

interface Answer {
  readonly end: JudgedEnd;
  readonly body: JsonObject;
}

async function endAnswered(
  deps: ExecuteJobDeps,
  ended: EndedCall,
  answer: Answer,
): Promise<ExecutionOutcome> {
  const { form, live } = ended;
  // Without a form nothing speaks against the answer any more, and its text need not wait.
  const shown = form === undefined ? live?.finish('answered') : undefined;
  const request = await settlementOf(deps, ended, answer);
  const figuresOnly = ended.record.spec.shadowOf !== undefined;
  const kept = await deps.answers.keep({ request, form, figuresOnly });
  const miss = await kept.findMiss();
  if (miss !== undefined) {
    void live?.finish('failed');
    const end = judgeMiss(answer.end, miss);
    reportEnd(deps, ended, end);
    await kept.endMissed(end);
    return failed(end);
  }
  reportEnd(deps, ended, answer.end);
  await kept.settle(ended.record.model, shown ?? live?.finish('answered'));
  return { kind: 'succeeded', label: 'succeeded' };
}

async function settlementOf(
  deps: ExecuteJobDeps,
  { assignment, record, outcome }: EndedCall,
  { end, body }: Answer,
): Promise<SettleRequest> {
  const { id, tenant, fence, model } = record;
  const { firstByteMs } = outcome.timings;
  const facts = ledgerFacts({ record, model: assignment.model, body, firstByteMs });
  return {
    settlement: newToken('settle'),
    id,
    tenant,
    fence,
    from: ['running', 'cancelling'],
    attempt: { fence, end: { ...end, ...facts } },
    to: 'succeeded',
    reason: { code: 'succeeded', text: `answered by ${model}` },
    error: undefined,
    usage: end.usage,
    sealedResult: await deps.vault.seal({ tenant, job: id, field: 'result' }, body),
  };
}

/** The call failed: the one function that decides where a job goes next takes over. */
async function moveOn(
  deps: ExecuteJobDeps,
  ended: EndedCall,
  failure: { readonly end: JudgedEnd; readonly retryAfterMs: number | undefined },
): Promise<ExecutionOutcome> {
  const { record, assignment } = ended;
  const { deployment } = assignment;
  const { end, retryAfterMs } = failure;
  await easeLane(deps, { model: record.model, deployment, outcome: end.outcome, retryAfterMs });
  reportEnd(deps, ended, end);
  await reassignJob(deps, {
    record: await readLatest(deps, record),
    why: {
      kind: 'attempt_failed',
      settlement: { fence: record.fence, end },
      retryAfterMs,
    },
  });
  return failed(end);
}

/** The caller may have moved deadline or ceiling meanwhile; what comes next obeys those. */
async function readLatest(deps: ExecuteJobDeps, claimed: JobRecord): Promise<JobRecord> {
  const latest = await persist(deps, 'read', () => deps.jobs.read(claimed));
  return isRecord(latest) && latest.fence === claimed.fence ? latest : claimed;
}

/** We ended the call ourselves (E3). */
async function letGo(
  deps: ExecuteJobDeps,
  ended: EndedCall,
  what: { readonly terms: AttemptTerms; readonly ambiguity: Ambiguity },
): Promise<ExecutionOutcome> {
  const cause: AbortCause = ended.watch.cause() ?? 'lost_lease';
  const end = judgeEnding(what.terms, cause, what.ambiguity);
  // L1: whoever took the job has written how this attempt ended.
  if (cause === 'lost_lease') {
    reportEnd(deps, ended, end);
    return failed(end);
  }
  return moveOn(deps, ended, { end, retryAfterMs: undefined });
}

function reportEnd(deps: ExecuteJobDeps, ended: EndedCall, end: JudgedEnd): void {
  const { assignment, outcome, record } = ended;
  const hung = hasHung({
    ...{ outcome, kind: record.spec.kind, deployment: assignment.deployment },
    outputCapTokens: capOf(record, assignment.model),
    lane: deps.live.snapshot().models.get(record.model),
  });
  assignment.callEnded(callFacts({ outcome, record, hasHung: hung }, end));
  const refusal = refusedUsage(ended.outcome, end);
  if (refusal !== undefined) {
    const { id: job, model } = ended.record;
    const deployment = ended.assignment.deployment.id;
    deps.events.emit('usage.refused', { job, model, deployment, reason: refusal });
  }
  deps.events.emit('attempt.ended', {
    job: ended.record.id,
    model: ended.record.model,
    fence: ended.record.fence,
    deployment: ended.assignment.deployment.id,
    outcome: end.outcome,
    ambiguity: end.ambiguity,
    durationMs: Math.round(ended.outcome.timings.totalMs),
    firstByteMs: ended.outcome.timings.firstByteMs,
    usage: end.usage,
    costNanoUsd: end.costNanoUsd,
    costIs: end.costIs,
  });
}

function failed(end: JudgedEnd): ExecutionOutcome {
  return { kind: 'failed', label: end.outcome };
}

function stale(label: string): ExecutionOutcome {
  return { kind: 'stale', label };
}
