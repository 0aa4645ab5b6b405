/**
 * A budget of all tenants together. It has no place where one script could check it, so it is
 * lent to the shards in parts; what a shard was granted it may use without asking (decision 0036).
 */
import type { Budget, BudgetId, BudgetWindow } from './budget.ts';
import type { NanoUsd } from './money.ts';

export interface GlobalBudget extends Omit<Budget, 'subject' | 'window'> {
  /** No rolling one: money that was lent would have to come back step by step. */
  readonly window: Exclude<BudgetWindow, { kind: 'rolling' }>;
}

export interface GlobalTerms {
  /** Grows by one with each change; 0 before the first one. */
  readonly version: number;
  readonly budgets: readonly GlobalBudget[];
}

/** What has become of a global budget in its present window, over all shards. */
export interface GlobalFigures {
  readonly budget: GlobalBudget;
  /** When it begins anew; `undefined` for one that never does. */
  readonly renewsAtMs: number | undefined;
  /** Lent to shards, used or not. */
  readonly granted: NanoUsd;
  readonly reserved: NanoUsd;
  readonly spent: NanoUsd;
  readonly unknown: NanoUsd;
}

/** One window of one budget: what money is lent of. */
export interface EscrowAccount {
  readonly budget: BudgetId;
  /** As the scripts name it: `all`, or its end in Unix milliseconds. */
  readonly window: string;
  readonly untilMs: number | undefined;
}
