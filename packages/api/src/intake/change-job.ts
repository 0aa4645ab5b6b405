/**
 * Changes priority, deadline or ceiling of a job that has not ended: read → check → one script →
 * a new ticket for a job that waits.
 *
 *  C1. Only the version that the caller has seen is changed. What is checked here on the record of
 *      that version holds in the script, which changes no other.
 *  C2. The record is the truth. A waiting job's old ticket is stale from that step on, the new one
 *      comes after it; if it does not come, the reconciler brings it (S3).
 *  C3. The same change of the same version again is answered like the first, so that an answer
 *      that was lost is no conflict.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobId, newToken, type TenantId, ticketId } from '@forebay/shared/domain/ids';
import { type JobRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { JobState } from '@forebay/shared/domain/job-state';
import type { Json } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { formatUsd } from '@forebay/shared/domain/money';
import type { ChangeRequest, JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import type { TicketQueue } from '@forebay/shared/ports/ticket-queue';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { type PlaceTicketDeps, placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { requireCeiling, requirePriority } from './apply-grants.ts';
import type { IntakeEvents } from './intake-events.ts';
import { type JobChange, parseChangeRequest } from './parse-change-request.ts';
import { noSuchJob, readRecord } from './read-job.ts';
import { requestProblem } from './request-problems.ts';
import { resolveTimes } from './resolve-times.ts';

export interface ChangeJobDeps {
  readonly jobs: Pick<JobStore, 'read' | 'change' | 'nowMs'>;
  readonly lanes: Pick<LaneStore, 'withdraw'>;
  readonly queue: Pick<TicketQueue, 'remove'>;
  readonly tickets: PlaceTicketDeps;
  readonly events: IntakeEvents;
}

export interface ChangeOrder {
  readonly tenant: TenantId;
  /** What the caller may ask for. */
  readonly grants: IntakeGrants;
  readonly id: JobId;
  /** The version that the caller has seen; `undefined` for any. */
  readonly version: number | undefined;
  readonly body: Json;
}

/**
 * @returns the record as it stands afterwards.
 * @throws ForebayError `not_found`, `invalid_request`, `forbidden`, `version_mismatch`,
 *   `job_not_changeable`, `ceiling_in_use` or `cost_ceiling_exceeded`; nothing is changed then.
 */
export async function changeJob(deps: ChangeJobDeps, order: ChangeOrder): Promise<JobRecord> {
  const change = parseChangeRequest(order.body);
  const { tenant, grants, id, version } = order;
  if (change.priority !== undefined) requirePriority(change.priority, grants);
  if (change.ceiling !== undefined) requireCeiling(change.ceiling, grants);
  const before = await readRecord(deps, tenant, id);
  if (version !== undefined && version > before.version) throw otherVersion(before, version);
  const mayApply = isChangeable(before.state) && (version ?? before.version) === before.version;
  const nowMs = await deps.jobs.nowMs();
  // Of another version only the script knows whether this very change has made it (C3).
  const values = mayApply ? resolveChange(change, before, nowMs) : unchanged;
  const result = await deps.jobs.change({ tenant, id, version, mark: markOf(order), ...values });
  crashPoint('api.after-change');
  switch (result.kind) {
    case 'missing':
      throw noSuchJob();
    case 'other_version':
      throw otherVersion(result.record, version);
    case 'fixed':
      throw notChangeable(result.record);
    case 'below_use':
      throw ceilingInUse(result.record);
    case 'changed': {
      const { record } = result;
      deps.events.emit('job.changed', { job: id, tenant, state: record.state });
      if (record.fence !== before.fence || !mayApply) await replaceTicket(deps, record, nowMs);
      return record;
    }
  }
}

type ChangedValues = Pick<ChangeRequest, 'priority' | 'deadlineAtMs' | 'ceiling'>;

const unchanged: ChangedValues = {
  priority: undefined,
  deadlineAtMs: undefined,
  ceiling: undefined,
};

function resolveChange(change: JobChange, record: JobRecord, nowMs: number): ChangedValues {
  const { priority, ceiling, deadlineAtMs, timeoutMs } = change;
  if (ceiling !== undefined) requireFirstAttempt(record, ceiling);
  if (deadlineAtMs === undefined && timeoutMs === undefined) {
    return { priority, ceiling, deadlineAtMs };
  }
  const runAtMs = record.state === 'scheduled' ? record.runAtMs : undefined;
  // The default is never taken: one of the two is there.
  const times = resolveTimes({ runAtMs, deadlineAtMs, timeoutMs }, nowMs, 0);
  requireWithinLife(record, times.deadlineAtMs);
  return { priority, ceiling, deadlineAtMs: times.deadlineAtMs };
}

/** Indexes, and ceilings of bulk calls, forget a job then: no deadline is put off for ever. */
function requireWithinLife({ createdAtMs }: JobRecord, deadlineAtMs: number): void {
  const latestMs = createdAtMs + limits.jobLifeMaxMs;
  if (deadlineAtMs <= latestMs) return;
  const latest = new Date(latestMs).toISOString();
  throw requestProblem(['deadline_at'], `expected a time no later than ${latest}`);
}

/** A scheduled job holds nothing yet; below its first worst case it would fail at its start. */
function requireFirstAttempt(record: JobRecord, ceiling: bigint): void {
  if (record.state !== 'scheduled') return;
  const first = record.plan.candidates.find(({ model }) => model === record.model);
  const worstCase = BigInt(first?.reservationNanoUsd ?? '0');
  if (ceiling >= worstCase) return;
  const detail =
    `"max_cost_usd": the first attempt, on ${record.model}, may cost ` +
    `${formatUsd(worstCase)} USD. ` +
    'Give at least that, or cancel the job and submit a smaller one.';
  throw new ForebayError('cost_ceiling_exceeded', detail, { param: 'max_cost_usd' });
}

/** C3: what was asked for, and of which version; a change of `*` is new each time. */
function markOf({ version, body }: ChangeOrder): string {
  if (version === undefined) return newToken('change');
  return `${version}:${createHash('sha256').update(canonicalJson(body), 'utf8').digest('hex')}`;
}

/** C2: the new ticket takes its place, the old one gives its own up. */
async function replaceTicket(deps: ChangeJobDeps, record: JobRecord, nowMs: number): Promise<void> {
  if (!wantsTicket(record)) return;
  const { id: job, tenant, model } = record;
  const old = ticketId(job, record.fence - 1);
  crashPoint('api.before-ticket');
  try {
    await placeTicket(deps.tickets, ticketOf(record), { delayMs: record.notBeforeMs - nowMs });
    crashPoint('api.after-ticket');
    await deps.lanes.withdraw(model, old);
    // Left there it would take a permit before it is found to be stale.
    await deps.queue.remove(model, old);
  } catch (error) {
    // Going on is safe: the record is changed, and the reconciler finds that its ticket is missing.
    deps.events.emit('ticket.placement_failed', { job, tenant, error });
  }
}

function isChangeable(state: JobState): boolean {
  return state === 'scheduled' || state === 'queued' || state === 'running';
}

function otherVersion(record: JobRecord, version: number | undefined): ForebayError {
  const detail = `The job is at version ${record.version}, not ${version ?? 'any'}.`;
  const remedy = 'Read it again, decide again, and send its new ETag in If-Match.';
  return new ForebayError('version_mismatch', `${detail} ${remedy}`, { param: 'If-Match' });
}

function notChangeable({ state }: JobRecord): ForebayError {
  const remedy =
    state === 'cancelling'
      ? 'It was cancelled and ends as soon as its worker has let go.'
      : 'POST /v1/jobs/{id}/retry makes a new job of one that has ended without an answer.';
  return new ForebayError('job_not_changeable', `The job is ${state}. ${remedy}`);
}

function ceilingInUse({ money }: JobRecord): ForebayError {
  const least = formatUsd(money.reserved + money.spent + money.unknown);
  const parts = [
    `reserved ${formatUsd(money.reserved)}`,
    `spent ${formatUsd(money.spent)}`,
    `unknown ${formatUsd(money.unknown)}`,
  ];
  const detail =
    `"max_cost_usd": the job uses ${least} USD already (${parts.join(', ')}). ` +
    'Give at least that, or cancel the job.';
  return new ForebayError('ceiling_in_use', detail, { param: 'max_cost_usd' });
}
