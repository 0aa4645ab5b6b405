/**
 * How the money of a global budget is divided among the shards: pure. Decision 0036 has the
 * argument.
 *
 * G1. The largest of the jobs that wait on a shard goes before all else, shard after shard, and
 *     another shard is the first each time: so no large job starves behind small ones.
 * G2. What is left goes to what jobs asked for, and then into parts held in advance, so that most
 *     jobs never wait: together at most a quarter of the limit.
 * G3. Money is asked back only for a job that could then run.
 */
import type { NanoUsd } from '@forebay/shared/domain/money';

/** What is known of a shard. */
export interface PartView {
  readonly shard: number;
  /** By the book, which never says less than the shard. */
  readonly granted: NanoUsd;
  /** Spent, unknown and reserved. */
  readonly used: NanoUsd;
  readonly wanted: NanoUsd;
  readonly largest: NanoUsd;
}

export interface EscrowView {
  readonly limitNanoUsd: NanoUsd;
  readonly parts: readonly PartView[];
  /** Grows with each look: which shard is the first. */
  readonly turn: number;
}

/** What a shard shall have: more than before, or, when it is asked back, less. */
export interface PlannedPart {
  readonly shard: number;
  readonly amount: NanoUsd;
}

export function planRecalls(view: EscrowView): readonly PlannedPart[] {
  const free = freeOf(view);
  const first = demanding(view).find((part) => missingOf(part) > free);
  const missing = first === undefined ? 0n : missingOf(first);
  // A limit that was lowered takes back what nobody uses.
  const deficit = max(missing - free, -free);
  if (deficit <= 0n) return [];
  const others = view.parts.filter((part) => part !== first && unusedOf(part) > 0n);
  const unused = others.reduce((sum, part) => sum + unusedOf(part), 0n);
  if (free >= 0n && unused < deficit) return [];
  return take(others.toSorted(idleFirst), deficit);
}

export function planGrants(view: EscrowView): readonly PlannedPart[] {
  let free = max(freeOf(view), 0n);
  const added = new Map<number, NanoUsd>();
  const give = (shard: number, amount: NanoUsd): void => {
    if (amount <= 0n) return;
    added.set(shard, (added.get(shard) ?? 0n) + amount);
    free -= amount;
  };
  for (const part of demanding(view)) {
    const missing = missingOf(part);
    if (missing <= free) give(part.shard, missing);
  }
  const goals = view.parts
    .map((part) => ({
      shard: part.shard,
      lacks: goalOf(view, part) - (added.get(part.shard) ?? 0n),
    }))
    .filter(({ lacks }) => lacks > 0n)
    .toSorted((left, right) => compare(left.lacks, right.lacks));
  // The smallest wishes first: what they leave of their equal share goes to the larger ones.
  for (const [index, { shard, lacks }] of goals.entries()) {
    give(shard, min(lacks, free / BigInt(goals.length - index)));
  }
  const grantedOf = new Map(view.parts.map(({ shard, granted }) => [shard, granted]));
  return [...added].map(([shard, amount]) => ({
    shard,
    amount: (grantedOf.get(shard) ?? 0n) + amount,
  }));
}

function take(from: readonly PartView[], amount: NanoUsd): readonly PlannedPart[] {
  let missing = amount;
  return from.flatMap((part) => {
    const taken = min(unusedOf(part), missing);
    missing -= taken;
    return taken > 0n ? [{ shard: part.shard, amount: part.granted - taken }] : [];
  });
}

/** G1: shards with a waiting job, in this turn's order. */
function demanding({ parts, turn }: EscrowView): readonly PartView[] {
  const start = parts.length === 0 ? 0 : turn % parts.length;
  return [...parts.slice(start), ...parts.slice(0, start)].filter(({ largest }) => largest > 0n);
}

/** Who asked for nothing before who did, and the largest hoard before the smaller ones. */
function idleFirst(left: PartView, right: PartView): number {
  const asked = Number(left.wanted > 0n) - Number(right.wanted > 0n);
  return asked !== 0 ? asked : compare(unusedOf(right), unusedOf(left));
}

function compare(left: NanoUsd, right: NanoUsd): number {
  return Number(left > right) - Number(left < right);
}

/** G2: what a shard should have unused; 0 while half of its advance is still there. */
function goalOf({ limitNanoUsd, parts }: EscrowView, part: PartView): NanoUsd {
  const unused = unusedOf(part);
  const advance = max(limitNanoUsd / BigInt(8 * parts.length), part.used / 8n);
  if (part.wanted === 0n && 2n * unused >= advance) return 0n;
  return max(part.wanted, advance) - unused;
}

function freeOf({ limitNanoUsd, parts }: EscrowView): NanoUsd {
  return limitNanoUsd - parts.reduce((sum, { granted }) => sum + granted, 0n);
}

function missingOf(part: PartView): NanoUsd {
  return max(part.largest - unusedOf(part), 0n);
}

function unusedOf({ granted, used }: PartView): NanoUsd {
  return max(granted - used, 0n);
}

function max(left: NanoUsd, right: NanoUsd): NanoUsd {
  return left > right ? left : right;
}

function min(left: NanoUsd, right: NanoUsd): NanoUsd {
  return left < right ? left : right;
}
