/**
 * Follows the ledger for jobs that have ended, and has their shadows made (decision 0048). The
 * ledger tells of each end once, so no job waits for its shadow, and whoever dies leaves what is to
 * be done where it was. Any number of keepers at once.
 *
 *  H1 A shadow claims the job that it repeats, in the step that makes it: there is never a second
 *     one, and looking again changes nothing.
 *  H2 The mark moves on after the shadows are made. What the ledger has dropped by then has none.
 *  H3 Nothing is written about the job itself: its caller sees the same with a shadow and without.
 */
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { limits } from '@forebay/shared/domain/limits';
import type { LedgerStore } from '@forebay/shared/ports/ledger-store';
import { shadowPercentMax } from '@forebay/shared/routing/shadow';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type MakeShadowsDeps, makeShadows } from './make-shadows.ts';

export interface ShadowKeeperDeps extends MakeShadowsDeps {
  readonly ledger: Pick<LedgerStore, 'follow' | 'noteFollowed' | 'shardCount'>;
  readonly intervalMs: number;
}

export function createShadowKeeper(deps: ShadowKeeperDeps): Service {
  return createLoop({
    name: 'shadow-keeper',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'shadow-keeper', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'shadow-keeper', error }),
    round: (signal) => followShards(deps, signal),
  });
}

/** One look through all shards. @returns whether a shard had more than was looked at. */
async function followShards(deps: ShadowKeeperDeps, signal: AbortSignal): Promise<boolean> {
  // While no route has a shadow nobody reads along, and the mark stays where it is.
  if (shadowPercentMax(deps.catalog()) === 0) return false;
  const { shardCount } = deps.ledger;
  // A random start, so that two keepers seldom look at the same ends.
  const start = Math.floor(deps.clock.random() * shardCount);
  let hasMore = false;
  for (let step = 0; step < shardCount && !signal.aborted; step += 1) {
    const looked = await followShard(deps, (start + step) % shardCount);
    hasMore ||= looked === limits.shadowLinesMax;
  }
  return hasMore;
}

/** @returns how many lines were looked at. */
async function followShard(deps: ShadowKeeperDeps, shard: number): Promise<number> {
  const lines: readonly LedgerLine[] = await deps.ledger.follow(shard, limits.shadowLinesMax);
  const last = lines.at(-1);
  if (last === undefined) return 0;
  await makeShadows(deps, lines);
  await deps.ledger.noteFollowed(shard, last.id);
  return lines.length;
}
