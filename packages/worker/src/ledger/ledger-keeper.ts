/**
 * Brings the ledger from the store's streams to segments on the object store, one JSON line for
 * each entry, and makes the first rollups of them. Any number of keepers at once.
 *
 *  L1 Which entries a segment holds is fixed in the store before it is written. Whoever writes it
 *     again, after a crash or at the same time, writes the same object under the same name.
 *     Its lines are chained by hashes to those before (decision 0032).
 *  L2 Entries leave the store after their segment and its rollups are durable. So at any time each
 *     line stands in a segment, or in the stream behind the mark, and counts once.
 *  L3 Of two that write the same segment differently, because one is of a version that knows more
 *     of a line, the first is right: a segment is never replaced once its hash may be committed.
 */

import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { limits } from '@forebay/shared/domain/limits';
import { encodeRollup } from '@forebay/shared/ledger/block-codec';
import { chainLedger, checkSegment, segmentText } from '@forebay/shared/ledger/chain-ledger';
import { groupBy } from '@forebay/shared/ledger/group-by';
import { rollUpLines } from '@forebay/shared/ledger/roll-up-lines';
import {
  dayOf,
  formatRollup,
  hourMs,
  type RollupName,
  segmentName,
} from '@forebay/shared/ledger/rollup-names';
import { seenAnswers } from '@forebay/shared/ledger/seen-answers';
import type { LedgerStore } from '@forebay/shared/ports/ledger-store';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { WorkerEvents } from '../worker-events.ts';

export interface LedgerKeeperDeps {
  readonly ledger: Pick<LedgerStore, 'mark' | 'read' | 'commit' | 'shardCount'>;
  readonly objects: Pick<ObjectStore, 'put' | 'putOnce'>;
  readonly metadataKeys: () => readonly string[];
  readonly tagsOf: (model: string) => readonly string[];
  readonly clock: Clock;
  readonly events: WorkerEvents;
  /** How long a few entries wait for more. */
  readonly segmentAgeMs: number;
  readonly intervalMs: number;
}

/** Rollups written at the same time: a disk syncs several as fast as one. */
const putAtOnce = 8;

export function createLedgerKeeper(deps: LedgerKeeperDeps): Service {
  return createLoop({
    name: 'ledger-keeper',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'ledger-keeper', durationMs }),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'ledger-keeper', error }),
    round: (signal) => keepShards(deps, signal),
  });
}

/** One look through all shards. @returns whether a shard had more than one segment. */
async function keepShards(deps: LedgerKeeperDeps, signal: AbortSignal): Promise<boolean> {
  const { shardCount } = deps.ledger;
  // A random start, so that two keepers seldom write the same segment.
  const start = Math.floor(deps.clock.random() * shardCount);
  let hasMore = false;
  for (let step = 0; step < shardCount && !signal.aborted; step += 1) {
    const lines = await keepShard(deps, (start + step) % shardCount);
    hasMore ||= lines === limits.ledgerSegmentLinesMax;
  }
  return hasMore;
}

/** @returns how many lines were brought to a segment. */
async function keepShard(deps: LedgerKeeperDeps, shard: number): Promise<number> {
  const { ledger, segmentAgeMs: olderThanMs } = deps;
  const linesMax = limits.ledgerSegmentLinesMax;
  const span = await ledger.mark(shard, { linesMax, olderThanMs });
  if (span === undefined) return 0;
  crashPoint('ledger.after-mark');
  const lines = (await ledger.read(shard, span)).map((line) => withTags(deps, line));
  const [first] = lines;
  // Somebody else has committed it.
  if (first === undefined) return 0;
  const { hash, bytes } = await keepSegment(deps, segmentName(shard, first.id, span.last), {
    ...{ chain: span.chain, lines },
  });
  crashPoint('ledger.after-segment');
  const rollups = rollupsOf(lines);
  for (let start = 0; start < rollups.length; start += putAtOnce) {
    const some = rollups.slice(start, start + putAtOnce);
    await Promise.all(some.map(([name, inside]) => putRollup(deps, name, inside)));
  }
  crashPoint('ledger.after-rollups');
  const signals = seenAnswers(lines);
  const isFirst = await ledger.commit(shard, span, { hash, signals });
  crashPoint('ledger.after-commit');
  if (isFirst) deps.events.emit('ledger.kept', { lines: lines.length, bytes });
  return lines.length;
}

interface MarkedLines {
  /** Hash of the line before. */
  readonly chain: string;
  readonly lines: readonly LedgerLine[];
}

/**
 * L3. What stands there first is the segment, and its hash the one that is committed. What stands
 * there but does not follow the chain was never committed, and gives way.
 */
async function keepSegment(
  { objects }: LedgerKeeperDeps,
  name: string,
  { chain, lines }: MarkedLines,
): Promise<{ readonly hash: string; readonly bytes: number }> {
  const own = chainLedger(chain, lines);
  const ours = Buffer.from(segmentText(own));
  const stored = Buffer.from(await objects.putOnce(name, ours));
  if (stored.equals(ours)) return { hash: own.hash, bytes: ours.length };
  const verdict = checkSegment(stored, chain);
  if (verdict.kind === 'intact' && verdict.lines === lines.length) {
    return { hash: verdict.hash, bytes: stored.length };
  }
  await objects.put(name, ours);
  return { hash: own.hash, bytes: ours.length };
}

function putRollup(
  { objects, metadataKeys }: LedgerKeeperDeps,
  name: RollupName,
  lines: readonly LedgerLine[],
): Promise<void> {
  return objects.put(formatRollup(name), encodeRollup(rollUpLines(lines, metadataKeys())));
}

/** What a model's tags are may change; a line says what they were. */
function withTags({ tagsOf }: LedgerKeeperDeps, line: LedgerLine): LedgerLine {
  const tags = tagsOf(line.model);
  return tags.length === 0 ? line : { ...line, tags };
}

/** The lines of each tenant and hour. */
function rollupsOf(lines: readonly LedgerLine[]): readonly [RollupName, readonly LedgerLine[]][] {
  const groups = groupBy(lines, ({ tenant, at }) => `${tenant}/${Math.floor(at / hourMs)}`);
  return [...groups.values()].flatMap((some): [RollupName, readonly LedgerLine[]][] => {
    const [first] = some;
    const last = some.at(-1);
    if (first === undefined || last === undefined) return [];
    const { tenant, at } = first;
    const hour = new Date(at).getUTCHours();
    const name = { kind: 'batch' as const, tenant, day: dayOf(at), hour };
    return [[{ ...name, first: first.id, last: last.id }, some]];
  });
}
