/**
 * The port to budgets of all tenants together. A *book* says what each shard was granted of a
 * budget's window; the shard keeps the same beside what it has used.
 *
 * E1. The book says at no instant less than the shard: a grant enters the book first, and leaves
 *     it last. So the parts of all shards never pass the limit.
 * E2. Each change has a number, and a shard takes a change only if it is newer than its last one.
 */
import type {
  EscrowAccount,
  GlobalBudget,
  GlobalFigures,
  GlobalTerms,
} from '../domain/global-budget.ts';
import type { NanoUsd } from '../domain/money.ts';

/** What the book says of one shard. */
export interface Grant {
  readonly version: number;
  readonly granted: NanoUsd;
  /** Asked back: the shard shall keep no more than this, or what it uses. */
  readonly target: NanoUsd | undefined;
}

/** What a shard itself says. */
export interface ShardPart {
  readonly version: number;
  readonly granted: NanoUsd;
  readonly reserved: NanoUsd;
  readonly spent: NanoUsd;
  readonly unknown: NanoUsd;
  /** What its jobs asked for in vain since its last change: all together, and the largest one. */
  readonly wanted: NanoUsd;
  readonly largest: NanoUsd;
}

export interface ShardEscrow {
  /** Version of the budgets that the shard's scripts know; 0 for none. */
  readonly termsVersion: number;
  /** In the order of the accounts asked for. */
  readonly parts: readonly ShardPart[];
}

export interface BookChange {
  readonly shard: number;
  /** Version of the grant that the caller has seen. */
  readonly seen: number;
  /** `raise` to an amount, ask back all above one (`recall`), or note what was given (`settle`). */
  readonly step: 'raise' | 'recall' | 'settle';
  readonly amount: NanoUsd;
}

/** What may become of the whole budget, as far as one knows. */
export interface Outlook {
  /** What no job of any shard has spent. */
  readonly hope: NanoUsd;
  /** What no job of any shard uses or has reserved. */
  readonly room: NanoUsd;
}

export interface PartChange extends Outlook {
  readonly version: number;
  readonly granted: NanoUsd;
}

export interface ThresholdNote {
  readonly percent: number;
  /** What it is a percentage of: another limit has thresholds of its own. */
  readonly limitNanoUsd: NanoUsd;
  /** Random, of whoever notes it. */
  readonly mark: string;
}

export interface EscrowStore {
  readonly shardCount: number;
  /** The budgets, and the server time. */
  read(): Promise<{ readonly nowMs: number; readonly terms: GlobalTerms }>;
  /**
   * Changes the budgets; `edit` is called again when somebody else was faster. Shards hear of it
   * from the dispatchers.
   *
   * @throws ForebayError `store_unavailable`: it is unknown whether the change was made.
   */
  edit(edit: (budgets: readonly GlobalBudget[]) => readonly GlobalBudget[]): Promise<GlobalTerms>;
  /** What is used of each budget in its present window. */
  figures(): Promise<readonly GlobalFigures[]>;
  readShard(shard: number, accounts: readonly EscrowAccount[]): Promise<ShardEscrow>;
  /** Gives a shard's scripts the budgets, unless they know newer ones. */
  teach(shard: number, terms: GlobalTerms): Promise<void>;
  /** What each shard was granted; a shard that never was is missing. */
  readBook(account: EscrowAccount): Promise<ReadonlyMap<number, Grant>>;
  /**
   * Notes that a window of a budget has reached a percentage of its limit.
   *
   * @returns whether this call was the first; the same for whoever sends it again with its mark.
   */
  noteThreshold(account: EscrowAccount, note: ThresholdNote): Promise<boolean>;
  /** Changes the book, if it stands as seen and the limit allows it. @returns how it stands now. */
  changeBook(account: EscrowAccount, change: BookChange): Promise<Grant>;
  /**
   * Carries a change out on the shard, if it is newer than its last one. It keeps what it uses.
   *
   * @returns how the shard stands now.
   */
  changePart(
    account: EscrowAccount,
    change: PartChange & { readonly shard: number },
  ): Promise<Pick<ShardPart, 'version' | 'granted'>>;
}
