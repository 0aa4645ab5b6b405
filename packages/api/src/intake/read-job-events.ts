/**
 * Reads the next events of a job. Record and deltas are read one after the other; that both belong
 * to the same version, the store checks in the second step. Otherwise a change between the two
 * could hide the last deltas before it.
 */
import { eventId } from '@forebay/shared/domain/event-id';
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { DeltaMarks, JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { Json } from '@forebay/shared/domain/json';
import { isJsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { type TextDelta, textFields } from '@forebay/shared/domain/text-delta';
import type { DeltaStore, StoredDelta } from '@forebay/shared/ports/delta-store';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { SealContext } from '@forebay/shared/ports/payload-seal';
import { type DeltaEvent, type JobEvent, listJobEvents } from './list-job-events.ts';
import { readRecord } from './read-job.ts';

export interface ReadJobEventsDeps {
  readonly jobs: Pick<JobStore, 'read'>;
  readonly deltas: Pick<DeltaStore, 'read'>;
  readonly vault: { unpack(context: SealContext, packed: Uint8Array): Promise<Json> };
}

export interface EventPosition {
  readonly tenant: TenantId;
  readonly id: JobId;
  /** The last event that the reader has; 0 for none. */
  readonly afterId: number;
  /** The record as it was last seen; `undefined` reads it. */
  readonly known: JobRecord | undefined;
}

export interface NextEvents {
  readonly record: JobRecord;
  readonly events: readonly JobEvent[];
  /** No event has come beyond this id. */
  readonly newestId: number;
  /** More are there already. */
  readonly hasMore: boolean;
}

/** @throws ForebayError `not_found`, `store_unavailable`, or `internal` for damaged pieces. */
export async function readJobEvents(
  deps: ReadJobEventsDeps,
  position: EventPosition,
): Promise<NextEvents> {
  const { tenant, id, afterId } = position;
  let record = position.known ?? (await readRecord(deps, tenant, id));
  for (;;) {
    const { version } = record;
    const limit = limits.eventsPerRead;
    const found = await deps.deltas.read({ tenant, id, version, afterId, limit });
    if (found.kind === 'read') {
      const isWhole = found.deltas.length < limit;
      const deltas = await Promise.all(found.deltas.map((delta) => open(deps, record, delta)));
      // An archived job keeps its marks in the archive, with the rest of its record.
      const marks = found.marks.tailId > 0 ? found.marks : (record.deltas ?? found.marks);
      const events = listJobEvents({ record, marks, deltas, isWhole, afterId });
      return { record, events, newestId: newestOf(record, marks), hasMore: !isWhole };
    }
    // An ended job can leave the store and still be readable; its deltas are gone then.
    if (found.kind === 'missing' && isTerminal(record.state)) return withoutDeltas(record, afterId);
    record = await readRecord(deps, tenant, id);
  }
}

const noMarks: DeltaMarks = { tailId: 0, cutId: 0, wholeFence: 0 };

function withoutDeltas(record: JobRecord, afterId: number): NextEvents {
  const marks = record.deltas ?? noMarks;
  const events = listJobEvents({ record, marks, deltas: [], isWhole: true, afterId });
  return { record, events, newestId: newestOf(record, marks), hasMore: false };
}

function newestOf(record: JobRecord, marks: DeltaMarks): number {
  return Math.max(eventId(record.version), marks.tailId);
}

async function open(
  { vault }: ReadJobEventsDeps,
  record: JobRecord,
  { id, attempt, sealed }: StoredDelta,
): Promise<DeltaEvent> {
  const context = { tenant: record.tenant, job: record.id, field: 'delta' } as const;
  return { kind: 'delta', id, attempt, delta: asDelta(await vault.unpack(context, sealed)) };
}

function asDelta(value: Json): TextDelta {
  const piece = isJsonObject(value) ? value : {};
  const field = textFields.find((name) => name === piece['field']);
  const { choice, text } = piece;
  if (typeof choice !== 'number' || field === undefined || typeof text !== 'string') {
    throw new Error('a sealed piece of an answer holds something else');
  }
  return { choice, field, text };
}
