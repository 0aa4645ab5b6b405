/**
 * Moves ended jobs out of the store's memory, any number of archivers at once: take due jobs,
 * write them to a segment, put pointers in their places. Not the reading (the job store reads
 * through), not the end of a segment (`retention-sweeper`).
 *
 *  A1 The segment is durable before a pointer leads into it, and a pointer takes the place only of
 *     the very record that the segment holds. A crash leaves bytes that nobody finds; never a
 *     job without a record.
 *  A2 A job that was taken and not archived comes again after a while.
 *  A3 A round holds at most one segment in memory, plus one page of what is read next.
 */
import { limits } from '@forebay/shared/domain/limits';
import type { ArchiveStore, EndedJob } from '@forebay/shared/ports/archive-store';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';

export interface ArchiverDeps {
  readonly store: ArchiveStore;
  readonly archive: JobArchive;
  readonly shardCount: number;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** How long a job stays in the store's memory after its end. */
  readonly archiveAfterMs: number;
  readonly intervalMs: number;
  /** How long a taken job is left to its archiver (A2). */
  readonly holdMs: number;
}

/** Jobs read at once: with answers beside their records they may be large. */
const pageSize = 50;
/** Pointers put at the same time. */
const swapsAtOnce = 50;
/** A segment stays this much longer than its last job, so that nobody's reading is cut off. */
const segmentSlackMs = limits.archiveAfterMs;

export function createArchiver(deps: ArchiverDeps): Service {
  return createLoop({
    name: 'archiver',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'archiver', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'archiver', error }),
    round: (signal) => archiveDue(deps, signal),
  });
}

/** One look through all shards. @returns whether a shard had more than one page. */
async function archiveDue(deps: ArchiverDeps, signal: AbortSignal): Promise<boolean> {
  // A random start, so that two archivers seldom wait for the same shard.
  const start = Math.floor(deps.clock.random() * deps.shardCount);
  let batch: EndedJob[] = [];
  let hasMore = false;
  for (let step = 0; step < deps.shardCount && !signal.aborted; step += 1) {
    const page = await takePage(deps, (start + step) % deps.shardCount);
    batch.push(...page.jobs);
    hasMore ||= page.isFull;
    if (sizeOf(batch) < limits.segmentBytesMax) continue;
    await archiveBatch(deps, batch);
    batch = [];
  }
  await archiveBatch(deps, batch);
  return hasMore;
}

async function takePage(
  deps: ArchiverDeps,
  shard: number,
): Promise<{ readonly jobs: readonly EndedJob[]; readonly isFull: boolean }> {
  const { store, archiveAfterMs: endedForMs, holdMs } = deps;
  const refs = await store.take({ shard, endedForMs, limit: pageSize, holdMs });
  const jobs = await Promise.all(refs.map((ref) => store.load(ref)));
  if (refs.length > 0) crashPoint('archiver.after-take');
  return {
    jobs: jobs.filter((job) => job !== undefined),
    isFull: refs.length === pageSize,
  };
}

function sizeOf(jobs: readonly EndedJob[]): number {
  return jobs.reduce((total, job) => total + jobBytes(job), 0);
}

function jobBytes({ fields, result }: EndedJob): number {
  let bytes = result?.byteLength ?? 0;
  for (const value of fields.values()) bytes += value.length;
  return bytes;
}

/** A1. */
async function archiveBatch(deps: ArchiverDeps, jobs: readonly EndedJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const expiresAtMs = Math.max(...jobs.map((job) => job.expiresAtMs)) + segmentSlackMs;
  crashPoint('archiver.before-segment');
  const places = await deps.archive.write({ jobs, expiresAtMs });
  crashPoint('archiver.after-segment');
  let archived = 0;
  for (let first = 0; first < jobs.length; first += swapsAtOnce) {
    const some = jobs.slice(first, first + swapsAtOnce);
    const results = await Promise.all(
      some.map(async (job, index) => {
        const place = places[first + index];
        if (place === undefined) throw new Error('the archive gave fewer places than jobs');
        const result = await deps.store.swap(job, place);
        crashPoint('archiver.after-swap');
        // It was deleted since it was read, or its time is over.
        if (result === 'missing') await deps.archive.erase(place);
        return result;
      }),
    );
    archived += results.filter((result) => result === 'archived').length;
  }
  deps.events.emit('jobs.archived', { count: archived, written: jobs.length });
}
