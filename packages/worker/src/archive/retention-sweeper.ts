/**
 * Deletes objects that nobody needs any more: segments whose time is over, prompts and answers that
 * the store does not hold or whose jobs it does not know, and what was never written to its end.
 * Any number of sweepers at once.
 *
 *  R1 An object is deleted only after the store has said that its content is not kept, and only
 *     when it is older than the grace: a prompt is written before its job is admitted.
 *  R2 Only beside the store that the folder belongs to. An empty store, or another one, knows none
 *     of the jobs and would have all their objects deleted.
 *  R3 A round looks at one page. What is missed by a round that dies, or cannot be deleted, is
 *     found again by the next walk.
 */
import { limits } from '@forebay/shared/domain/limits';
import { contentFolder, readObjectKey } from '@forebay/shared/payloads/object-key';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { ObjectStore, StoredObject } from '@forebay/shared/ports/object-store';
import type { KeptContent, RetentionStore } from '@forebay/shared/ports/retention-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';

export interface RetentionSweeperDeps {
  readonly store: RetentionStore;
  readonly objects: Pick<ObjectStore, 'get' | 'put' | 'list' | 'delete' | 'deleteUnfinished'>;
  readonly archive: Pick<JobArchive, 'listExpired'>;
  /** The store's clock. */
  readonly nowMs: () => Promise<number>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** R1. */
  readonly graceMs: number;
  /** Pause between two walks. */
  readonly intervalMs: number;
  readonly pageSize?: number;
}

/** Names the store that the folder belongs to (R2). */
const ownerKey = 'owner/store';

const fields = ['payload', 'result'] as const;

type Kind = 'segment' | KeptContent['field'];

/** How far a walk has come. */
type Place =
  | { readonly at: 'segments' }
  | { readonly at: 'contents'; readonly field: number; readonly after: string | undefined };

export function createRetentionSweeper(deps: RetentionSweeperDeps): Service {
  let place: Place | undefined;
  return createLoop({
    name: 'retention-sweeper',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onRound: (durationMs) =>
      deps.events.emit('loop.round', { loop: 'retention-sweeper', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'retention-sweeper', error }),
    round: async (signal) => {
      if (!(await isOurFolder(deps))) {
        deps.events.emit('retention.refused', {});
        return false;
      }
      place = await sweepPage(deps, place ?? { at: 'segments' }, signal);
      return place !== undefined;
    },
  });
}

/** R2. The first sweeper on a folder writes its store's name there. */
async function isOurFolder({ store, objects }: RetentionSweeperDeps): Promise<boolean> {
  const identity = await store.identity();
  const owner = await objects.get(ownerKey);
  if (owner !== undefined) return Buffer.from(owner).toString() === identity;
  await objects.put(ownerKey, Buffer.from(identity));
  // Of two stores that come at once, one has written last: both look again.
  return Buffer.from((await objects.get(ownerKey)) ?? '').toString() === identity;
}

/** R3. @returns where the next round goes on; `undefined` when the walk is over. */
async function sweepPage(
  deps: RetentionSweeperDeps,
  place: Place,
  signal: AbortSignal,
): Promise<Place | undefined> {
  const limit = deps.pageSize ?? limits.retentionPageSize;
  const nowMs = await deps.nowMs();
  if (place.at === 'segments') {
    const unfinished = await deps.objects.deleteUnfinished(nowMs - deps.graceMs);
    if (unfinished.count > 0) {
      deps.events.emit('objects.deleted', { kind: 'unfinished', ...unfinished });
    }
    const expired = await deps.archive.listExpired(nowMs, limit);
    const deleted = await deleteAll(deps, { kind: 'segment', found: expired, signal });
    // The rest of a full page is taken up by those that cannot be deleted.
    const hasMore = expired.length === limit && deleted > 0;
    return hasMore ? place : { at: 'contents', field: 0, after: undefined };
  }
  const field = fields[place.field];
  if (field === undefined) return undefined;
  const page = await deps.objects.list({
    folder: contentFolder(field),
    after: place.after,
    limit,
  });
  const found = await findUnkept(deps, { field, page, writtenBeforeMs: nowMs - deps.graceMs });
  await deleteAll(deps, { kind: field, found, signal });
  const last = page.at(-1);
  if (last !== undefined && page.length === limit) return { ...place, after: last.key };
  const next = place.field + 1;
  return next < fields.length ? { at: 'contents', field: next, after: undefined } : undefined;
}

interface Page {
  readonly field: KeptContent['field'];
  readonly page: readonly StoredObject[];
  readonly writtenBeforeMs: number;
}

/** R1. What has another name than ours is nobody's to delete. */
async function findUnkept(
  deps: RetentionSweeperDeps,
  { field, page, writtenBeforeMs }: Page,
): Promise<readonly StoredObject[]> {
  const old = page.flatMap((object) => {
    const owner = readObjectKey(object.key, field);
    if (owner === undefined || object.writtenAtMs >= writtenBeforeMs) return [];
    return [{ object, content: { ...owner, field } }];
  });
  const kept = await deps.store.areKept(old.map(({ content }) => content));
  return old.flatMap(({ object }, index) => (kept[index] === false ? [object] : []));
}

interface Deletion {
  readonly kind: Kind;
  readonly found: readonly StoredObject[];
  readonly signal: AbortSignal;
}

/** @returns how many were deleted; one that cannot be holds up no other. */
async function deleteAll(
  { objects, events }: RetentionSweeperDeps,
  { kind, found, signal }: Deletion,
): Promise<number> {
  let count = 0;
  let bytes = 0;
  for (const object of found) {
    if (signal.aborted) break;
    try {
      await objects.delete(object.key);
      count += 1;
      bytes += object.bytes;
    } catch (error) {
      events.emit('object.delete_failed', { kind, key: object.key, error });
    }
    crashPoint('retention.after-delete');
  }
  if (count > 0) events.emit('objects.deleted', { kind, count, bytes });
  return count;
}
