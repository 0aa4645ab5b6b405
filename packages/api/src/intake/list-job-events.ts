/**
 * The events of a job in the order of their ids, made from its record and from the stream of its
 * running answer. Pure: whoever asks again for the same id gets the same events.
 *
 *  J1. One event for each version. The first one of a terminal state is the last of all: what is
 *      recorded of late answers after it is no news for the caller.
 *  J2. What cannot be shown any more is an event of its own (`gap`), never a silent hole.
 *  J3. Events beyond the last delta that was read wait until all deltas before them are read.
 */
import { eventId, idBefore, splitEventId } from '@forebay/shared/domain/event-id';
import type { DeltaMarks, JobChange, JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { TextDelta } from '@forebay/shared/domain/text-delta';

/** Why something is missing up to a gap. */
export type GapReason = 'history_trimmed' | 'deltas_trimmed' | 'deltas_incomplete';

export type JobEvent =
  | { readonly kind: 'state'; readonly id: number; readonly change: JobChange }
  | DeltaEvent
  | { readonly kind: 'gap'; readonly id: number; readonly reason: GapReason };

export interface DeltaEvent {
  readonly kind: 'delta';
  readonly id: number;
  readonly attempt: number;
  readonly delta: TextDelta;
}

export interface KnownOfJob {
  readonly record: JobRecord;
  readonly marks: DeltaMarks;
  /** In order, all of them after `afterId`. */
  readonly deltas: readonly DeltaEvent[];
  /** Whether there are no more deltas than these. */
  readonly isWhole: boolean;
  /** The last event that the reader has. */
  readonly afterId: number;
}

export function listJobEvents(known: KnownOfJob): readonly JobEvent[] {
  const { record, deltas, isWhole, afterId } = known;
  const changes = changesOf(record);
  const events: JobEvent[] = [
    ...changes.map((change): JobEvent => ({ kind: 'state', id: eventId(change.version), change })),
    ...deltas,
    ...trimmedHistory(changes, afterId),
    ...trimmedDeltas(known),
    ...incompleteDeltas(record, changes),
  ];
  const untilId = isWhole ? Number.POSITIVE_INFINITY : (deltas.at(-1)?.id ?? afterId);
  return events
    .filter(({ id }) => id > afterId && id <= untilId)
    .sort((left, right) => left.id - right.id);
}

/** Whether this event is the job's last one. */
export function isLastEvent(event: JobEvent): boolean {
  return event.kind === 'state' && isTerminal(event.change.state);
}

/** Whether the reader has seen the end: nothing can follow. */
export function hasEnded(record: JobRecord, afterId: number): boolean {
  const last = changesOf(record).at(-1);
  return last !== undefined && isTerminal(last.state) && afterId >= eventId(last.version);
}

/** J1. */
function changesOf(record: JobRecord): readonly JobChange[] {
  const { history } = record;
  const end = history.findIndex(({ state }) => isTerminal(state));
  const changes = end === -1 ? history : history.slice(0, end + 1);
  // A record of an earlier version may have no history; then all that is known is how it stands.
  return changes.length === 0 ? [standingOf(record)] : changes;
}

function standingOf(record: JobRecord): JobChange {
  const { version, state, model, attempts, statusReason } = record;
  return {
    version,
    atMs: record.finishedAtMs ?? record.startedAtMs ?? record.createdAtMs,
    state,
    reasonCode: statusReason.code,
    model,
    attempts: attempts.length,
  };
}

function trimmedHistory(changes: readonly JobChange[], afterId: number): readonly JobEvent[] {
  const first = changes[0]?.version ?? 1;
  if (first <= splitEventId(afterId).version + 1) return [];
  return [{ kind: 'gap', id: idBefore(first), reason: 'history_trimmed' }];
}

/** Deltas that were dropped for newer ones, or whose time is over. */
function trimmedDeltas({ marks, deltas, isWhole, afterId }: KnownOfJob): readonly JobEvent[] {
  const newestId = deltas.at(-1)?.id ?? 0;
  const isExpired = isWhole && marks.tailId > afterId && newestId < marks.tailId;
  const id = isExpired ? marks.tailId : marks.cutId;
  return id > afterId ? [{ kind: 'gap', id, reason: 'deltas_trimmed' }] : [];
}

/** An answer whose text was not shown to its end, or not at all. */
function incompleteDeltas(record: JobRecord, changes: readonly JobChange[]): readonly JobEvent[] {
  const last = changes.at(-1);
  if (record.spec.stream !== true || last?.state !== 'succeeded') return [];
  const answered = record.attempts.findLast(
    ({ end }) => end?.outcome === 'succeeded' && !end.wasted,
  );
  if (answered !== undefined && record.deltas?.wholeFence === answered.fence) return [];
  return [{ kind: 'gap', id: idBefore(last.version), reason: 'deltas_incomplete' }];
}
