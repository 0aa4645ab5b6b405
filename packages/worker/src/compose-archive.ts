/**
 * Wires what moves ended jobs to the archive and the ledger to segments, and what deletes objects
 * after their time.
 */
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import { limits } from '@forebay/shared/domain/limits';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createArchiver } from './archive/archiver.ts';
import { createRetentionSweeper } from './archive/retention-sweeper.ts';
import { createLedgerKeeper } from './ledger/ledger-keeper.ts';
import { createRollupService } from './ledger/rollup-service.ts';
import type { WorkerEvents } from './worker-events.ts';

export interface ComposeArchiveInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: WorkerEvents;
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly archive: JobArchive;
}

export function composeArchive(input: ComposeArchiveInput): Service[] {
  const { env, events, store, objects, archive } = input;
  // A shortened time is kept about as exactly as a long one.
  const shortestMs = Math.max(env.sweepIntervalMs, env.archiveAfterMs / 4);
  return [
    createArchiver({
      store: store.archive,
      archive,
      shardCount: store.jobs.shardCount,
      clock: systemClock,
      events,
      archiveAfterMs: env.archiveAfterMs,
      intervalMs: Math.min(limits.archiveIntervalMs, shortestMs),
      holdMs: 2 * env.leaseMs,
    }),
    createRetentionSweeper({
      store: store.retention,
      objects,
      archive,
      nowMs: () => store.jobs.nowMs(),
      clock: systemClock,
      events,
      graceMs: env.objectGraceMs,
      intervalMs: limits.retentionIntervalMs,
    }),
    ...composeLedger(input, shortestMs),
  ];
}

function composeLedger(input: ComposeArchiveInput, shortestMs: number): Service[] {
  const { env, config, events, store, objects } = input;
  const { ledger } = store;
  const clock = systemClock;
  return [
    createLedgerKeeper({
      ledger,
      objects,
      metadataKeys: () => config.usage.metadataKeys,
      tagsOf: (model) => config.catalog.models.get(model)?.tags ?? [],
      clock,
      events,
      // Trials that shorten the time of a job in memory shorten this with it.
      segmentAgeMs: Math.min(limits.ledgerSegmentAgeMs, env.archiveAfterMs),
      intervalMs: Math.min(limits.ledgerIntervalMs, shortestMs),
    }),
    createRollupService({
      ledger,
      objects,
      clock,
      events,
      keepMs: () => config.usage.keepMs,
      intervalMs: limits.rollupIntervalMs,
    }),
  ];
}
