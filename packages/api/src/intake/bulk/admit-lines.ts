/** Admits the lines of a group in one step and brings their tickets. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { AdmitGroup, GroupAdmitResult } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { placeTickets } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import { noteSession } from '../look-up-wishes.ts';
import { moneyStopped, overBudget } from '../refuse-for-money.ts';
import { queueFull } from '../refuse-for-queue.ts';
import { askPatiently } from './ask-patiently.ts';
import type { BulkCall } from './bulk-call.ts';
import type { BulkDeps } from './bulk-deps.ts';
import type { LineReply } from './bulk-reply.ts';
import { type DraftedLine, draftLine, lineKeyUsedOtherwise } from './draft-line.ts';
import type { SplitLine } from './split-lines.ts';

/** Lines as far as they were looked at: one that is withheld has no reply yet. */
export interface AdmittedLines {
  readonly replies: readonly (LineReply | Withheld)[];
  /** The jobs that were made. */
  readonly records: readonly JobRecord[];
}

interface Withheld {
  readonly kind: 'withheld';
  readonly line: number;
  readonly customId: string | undefined;
}

/** @throws ForebayError `store_unavailable` when the store stays away: nothing was admitted. */
export function draftLines(
  deps: BulkDeps,
  call: BulkCall,
  lines: readonly SplitLine[],
): Promise<readonly DraftedLine[]> {
  return askPatiently({ ...deps, ...call }, async () => {
    const nowMs = await deps.jobs.nowMs();
    return Promise.all(lines.map((line) => draftLine(deps, call, { line, nowMs })));
  });
}

/**
 * @throws ForebayError `store_unavailable` when the store stays away: it is unknown whether the
 *   lines were admitted.
 */
export async function admitLines(
  deps: BulkDeps,
  call: BulkCall,
  drafts: readonly DraftedLine[],
): Promise<AdmittedLines> {
  const jobs = drafts.flatMap((draft) => (draft.kind === 'ready' ? [draft.job] : []));
  crashPoint('api.before-bulk-admit');
  const group = { jobs, onRefusal: onRefusal[call.onError] };
  const results = await askPatiently({ ...deps, ...call }, () => deps.jobs.admitGroup(group));
  crashPoint('api.after-bulk-admit');
  const remaining = results.values();
  const replies = drafts.map((draft) => replyTo(call, draft, remaining));
  const records = results.flatMap((each) => (each.kind === 'admitted' ? [each.record] : []));
  tell(deps, call, { replies, records });
  return { replies, records };
}

const onRefusal: Readonly<Record<BulkCall['onError'], AdmitGroup['onRefusal']>> = {
  reject_line: 'each',
  abort: 'until_refused',
  atomic: 'all_or_none',
};

/** Gives jobs that were just made their tickets, so that they need not wait for the reconciler. */
export async function bringTickets(deps: BulkDeps, records: readonly JobRecord[]): Promise<void> {
  const queued = records.filter(wantsTicket);
  try {
    await placeTickets(deps.tickets, queued.map(ticketOf));
  } catch (error) {
    // Going on is safe: the jobs are acknowledged by their records, and the reconciler finds that
    // their tickets are missing (S3).
    for (const { id: job, tenant } of queued) {
      deps.events.emit('ticket.placement_failed', { job, tenant, error });
    }
  }
  crashPoint('api.after-bulk-tickets');
}

function replyTo(
  call: BulkCall,
  draft: DraftedLine,
  results: Iterator<GroupAdmitResult>,
): LineReply | Withheld {
  const { line, customId } = draft;
  if (draft.kind === 'duplicate') return { line, customId, kind: 'duplicate', id: draft.id };
  if (draft.kind === 'refused') return { line, customId, kind: 'rejected', error: draft.error };
  const { value: result } = results.next();
  switch (result?.kind) {
    case 'admitted':
      return { line, customId, kind: 'accepted', id: result.record.id };
    case 'replayed':
      return { line, customId, kind: 'duplicate', id: result.id };
    case 'idempotency_mismatch':
      return { line, customId, kind: 'rejected', error: lineKeyUsedOtherwise() };
    case 'queue_full':
      return { line, customId, kind: 'rejected', error: queueFull(call.grants) };
    case 'over_budget':
      return { line, customId, kind: 'rejected', error: overBudget(result) };
    case 'stopped':
      return { line, customId, kind: 'rejected', error: moneyStopped(result.reason) };
    case 'withheld':
      return { line, customId, kind: 'withheld' };
    default:
      throw new ForebayError('internal', 'Admission gave fewer answers than it got jobs.');
  }
}

function tell(deps: BulkDeps, { tenant }: BulkCall, { replies, records }: AdmittedLines): void {
  for (const record of records) {
    const { id: job, model, priority } = record;
    deps.events.emit('job.admitted', { job, tenant, model, priority });
    noteSession(deps, record);
  }
  for (const reply of replies) {
    if (reply.kind === 'duplicate') deps.events.emit('job.replayed', { job: reply.id, tenant });
  }
}
