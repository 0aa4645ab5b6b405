/**
 * The terms on which a tenant's jobs run: its budgets, how many of its jobs may run at once, and
 * whether any may start. The scripts that move a job read them in the same step.
 */
import type { Budget, BudgetSubject } from './budget.ts';

export interface TenantTerms {
  /** Grows by one with each change; 0 for a tenant of which nothing was ever said. */
  readonly version: number;
  /** Whether an operator has put its jobs on hold: none is started. */
  readonly paused: boolean;
  /** Why no further job is taken in: its money does not add up. */
  readonly stopped: string | undefined;
  readonly budgets: readonly Budget[];
  readonly inFlight: readonly InFlightLimit[];
}

/** How many jobs may run at the same time. */
export interface InFlightLimit {
  readonly subject: BudgetSubject;
  readonly max: number;
}

/** What holds for a tenant of which nothing was said. */
export const noTerms: TenantTerms = {
  version: 0,
  paused: false,
  stopped: undefined,
  budgets: [],
  inFlight: [],
};
