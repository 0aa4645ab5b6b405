/**
 * The port to the ledger's entries while they stand in the store. They leave it in segments: mark
 * what the next segment holds, read and write that, commit. Any number of callers at once, and a
 * crash anywhere, gives the same segments.
 */
import type { LedgerLine } from '../domain/ledger-line.ts';
import type { QualitySignal } from '../domain/quality-sum.ts';

/** Entries after one id, up to and with another. */
export interface LedgerSpan {
  /** '' for the ledger's beginning. */
  readonly after: string;
  readonly last: string;
  /** Hash of the line before; see `ledger/chain-ledger.ts`. */
  readonly chain: string;
}

export interface KeptSegment {
  /** Of its last line. */
  readonly hash: string;
  /** What its lines tell of answers: learned with the commit, and so once. */
  readonly signals: readonly QualitySignal[];
}

/** The newest line that stands in a segment. */
export interface LedgerHead {
  /** '' while there is none. */
  readonly id: string;
  readonly hash: string;
}

/** Up to where a shard's segments have gone at the end of their time. */
export interface SweptLedger {
  /** Of the newest line that has gone, or is about to; '' while none has. */
  readonly id: string;
  /** What the oldest line that stays comes after; `undefined` where nobody can tell. */
  readonly hash: string | undefined;
}

export interface LedgerTail {
  /** Lines up to this id stand in segments; '' when there are none yet. */
  readonly segmented: string;
  /** The lines after it, oldest first. */
  readonly lines: readonly LedgerLine[];
  /** Whether these are all. */
  readonly isWhole: boolean;
}

export interface LedgerStore {
  readonly shardCount: number;
  /**
   * What a segment should be written of now.
   *
   * @returns `undefined` while there are fewer than `linesMax` entries and none is as old.
   */
  mark(
    shard: number,
    when: { readonly linesMax: number; readonly olderThanMs: number },
  ): Promise<LedgerSpan | undefined>;
  /** The lines of a marked span; empty when somebody has committed it meanwhile. */
  read(shard: number, span: LedgerSpan): Promise<readonly LedgerLine[]>;
  /**
   * The span's segment is durable.
   *
   * @returns whether this call has made it known.
   */
  commit(shard: number, span: LedgerSpan, segment: KeptSegment): Promise<boolean>;
  head(shard: number): Promise<LedgerHead>;
  /** `undefined` before the first segment, and in a store of an earlier version. */
  swept(shard: number): Promise<SweptLedger | undefined>;
  /** Before segments go. The mark only moves on: an older one than stands changes nothing. */
  sweep(shard: number, swept: SweptLedger): Promise<void>;
  /** When the oldest entry was written that stands in no segment yet; `undefined` if none does. */
  oldestMs(shard: number): Promise<number | undefined>;
  /** What no segment holds yet, at most `linesMax`. */
  tail(shard: number, linesMax: number): Promise<LedgerTail>;
  /**
   * Lines after the mark of who reads along, oldest first; those that have left the store since
   * are not among them.
   */
  follow(shard: number, linesMax: number): Promise<readonly LedgerLine[]>;
  /** Moves that mark on. Two who read along may move it back: lines then come up again. */
  noteFollowed(shard: number, lastId: string): Promise<void>;
  shardOf(tenant: string): number;
  /** Server time. */
  nowMs(): Promise<number>;
}
