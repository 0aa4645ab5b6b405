/**
 * Goes through all tenants' rollups: merges the hours and days that are over, and deletes segments
 * and rollups at the end of their time. Each round is complete in itself; what one that dies has
 * left undone is found again by the next.
 */
import {
  dayOf,
  hourMs,
  parseRollup,
  rollupFolder,
  segmentFolder,
} from '@forebay/shared/ledger/rollup-names';
import type { LedgerStore } from '@forebay/shared/ports/ledger-store';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';
import { mergeTenant } from './rollup-merger.ts';
import { noteBeginning, noteSweep, type SweepDeps } from './sweep-segments.ts';

export interface RollupServiceDeps {
  readonly ledger: SweepDeps['ledger'] &
    Pick<LedgerStore, 'oldestMs' | 'shardOf' | 'shardCount' | 'nowMs'>;
  readonly objects: Pick<ObjectStore, 'get' | 'put' | 'list' | 'listKeys' | 'delete'>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  readonly keepMs: () => number;
  readonly intervalMs: number;
}

const dayMs = 24 * hourMs;
/** Days looked at again in every round: a line is seldom as late. */
const daysAgain = 2;
/** For the clocks of two servers, after a failover. */
const slackMs = 60_000;
const pageObjects = 500;

export function createRollupService(deps: RollupServiceDeps): Service {
  let isFirst = true;
  return createLoop({
    name: 'rollups',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'rollups', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'rollups', error }),
    round: async (signal) => {
      const nowMs = await deps.ledger.nowMs();
      // After its start a worker looks at all days: nobody may have done so for a while.
      const fromMs = isFirst ? 0 : nowMs - daysAgain * dayMs;
      await mergeAll(deps, { fromMs, nowMs, signal });
      await deleteOld(deps, { beforeMs: nowMs - deps.keepMs(), signal });
      isFirst = false;
      return false;
    },
  });
}

interface MergeRound {
  readonly fromMs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

async function mergeAll(deps: RollupServiceDeps, round: MergeRound): Promise<void> {
  for await (const oldest of eachTenant(deps, round.signal)) {
    const tenant = parseRollup(oldest)?.tenant;
    if (tenant === undefined) continue;
    const waitingMs = await deps.ledger.oldestMs(deps.ledger.shardOf(tenant));
    const overMs = Math.min(round.nowMs - slackMs, waitingMs ?? round.nowMs);
    try {
      await mergeTenant(deps, { tenant, fromMs: round.fromMs, overMs });
    } catch (error) {
      // Its smaller rollups are still there and read; the others are to be merged all the same.
      deps.events.emit('loop.failed', { loop: 'rollups', error });
    }
  }
}

/** The name of each tenant's oldest object. */
async function* eachTenant(
  { objects }: RollupServiceDeps,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let after: string | undefined;
  while (!signal.aborted) {
    const [oldest] = await objects.listKeys({ folder: rollupFolder, after, limit: 1 });
    if (oldest === undefined) return;
    yield oldest;
    // Behind all days of this tenant.
    after = `${oldest.split('/').slice(0, 2).join('/')}/99999999`;
  }
}

interface DeleteRound {
  readonly beforeMs: number;
  /** Before objects with these names go. */
  readonly onDelete?: (keys: readonly string[]) => Promise<void>;
  readonly signal: AbortSignal;
}

async function deleteOld(deps: RollupServiceDeps, round: DeleteRound): Promise<void> {
  for (let shard = 0; shard < deps.ledger.shardCount && !round.signal.aborted; shard += 1) {
    await noteBeginning(deps, shard, dayOf(round.beforeMs));
    await deleteIn(deps, `${segmentFolder}/${shard}`, {
      ...round,
      onDelete: (keys) => noteSweep(deps, shard, keys),
    });
  }
  const tenants: string[] = [];
  for await (const key of eachTenant(deps, round.signal)) {
    tenants.push(key.split('/').slice(0, 2).join('/'));
  }
  for (const folder of tenants) await deleteIn(deps, folder, round);
}

/** Days come in order, so that the first one that is kept ends the walk. */
async function deleteIn(
  { objects, events }: RollupServiceDeps,
  folder: string,
  { beforeMs, signal, onDelete }: DeleteRound,
): Promise<void> {
  const firstKept = dayOf(beforeMs);
  const isOld = (key: string): boolean => (key.split('/')[2] ?? firstKept) < firstKept;
  const [oldest] = await objects.listKeys({ folder, after: undefined, limit: 1 });
  if (oldest === undefined || !isOld(oldest)) return;
  let count = 0;
  let bytes = 0;
  while (!signal.aborted) {
    const page = await objects.list({ folder, after: undefined, limit: pageObjects });
    const old = page.filter(({ key }) => isOld(key));
    if (old.length > 0) await onDelete?.(old.map(({ key }) => key));
    for (const object of old) {
      await objects.delete(object.key);
      count += 1;
      bytes += object.bytes;
    }
    if (old.length < pageObjects) break;
  }
  if (count > 0) events.emit('objects.deleted', { kind: 'ledger', count, bytes });
}
