/** The question and the answer of `decide-next.ts`: why a job moves, and what becomes of it. */
import type { JobError, JobRecord, StatusReason } from '@forebay/shared/domain/job';
import type { TerminalJobState } from '@forebay/shared/domain/job-state';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { LaneClosure } from '@forebay/shared/domain/move-cause';
import type { JobPromotion } from '@forebay/shared/domain/promotion';
import type { LiveSnapshot, RouteCandidate, RoutePlan } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement, BudgetShortage } from '@forebay/shared/ports/job-store';
import type { PlanInput } from '@forebay/shared/routing/plan-input';

/** Why a job has to move. */
export type ReassignCause =
  | {
      readonly kind: 'attempt_failed';
      readonly settlement: AttemptSettlement;
      readonly retryAfterMs: number | undefined;
    }
  /** Its worker stopped renewing; `settlement` charges the worst case. */
  | { readonly kind: 'lost_lease'; readonly settlement: AttemptSettlement }
  /** It waits for a model that nobody will serve for a while. */
  | {
      readonly kind: 'lane_closed';
      readonly because: LaneClosure;
      /** Only there; to any lane that is open when absent. */
      readonly to?: string;
    }
  /** It waits, but a worker took its ticket and died before the claim. */
  | { readonly kind: 'ticket_stuck' }
  /** It waits too long, and another lane has a free place for it. */
  | { readonly kind: 'overloaded'; readonly to: string; readonly waitMs: number | undefined }
  /** It waits, and its deadline has passed. */
  | { readonly kind: 'deadline' }
  /** It waits, and what it needs to begin does not fit its ceiling. */
  | { readonly kind: 'over_ceiling' }
  /** It waits for money of a budget: that will not help, or less output would do. */
  | { readonly kind: 'over_budget'; readonly shortage: BudgetShortage };

export interface DecideInput {
  readonly record: JobRecord;
  readonly why: ReassignCause;
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
  /** Why cheaper models come first now. */
  readonly brownout?: string | undefined;
  /** What the tenant thinks of models at such a job. */
  readonly quality?: PlanInput['quality'];
  /** The budget that turned the last choice away. */
  readonly shortage?: BudgetShortage | undefined;
  /** Server time. */
  readonly nowMs: number;
  /** Uniform in [0, 1): spreads retries that failed together. */
  readonly jitter: number;
}

export type NextMove =
  | {
      readonly kind: 'move';
      readonly candidate: RouteCandidate;
      readonly plan: RoutePlan;
      readonly whyChosen: string;
      readonly delayMs: number;
      readonly reason: StatusReason;
      /** Set where it moves because it waited too long. */
      readonly promotion?: Omit<JobPromotion, 'atMs'>;
    }
  | {
      readonly kind: 'end';
      readonly to: TerminalJobState;
      readonly error: JobError;
    }
  /** It stays where it is: nothing better is known. */
  | { readonly kind: 'stay' };
