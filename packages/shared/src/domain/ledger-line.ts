/**
 * One line of the ledger: how an attempt or a job ended, and what that added to the tenant's
 * counters. JSON as it stands in the segments: amounts are decimal text, what is not known is
 * left out, and nothing is ever changed; a late answer adds a line that corrects.
 */
import type { AnswerFlaw, AttemptEnd, AttemptOutcome } from './job.ts';
import type { JobState } from './job-state.ts';
import type { JobKind } from './model-catalog.ts';
import type { MoveCause } from './move-cause.ts';
import type { Ambiguity } from './outcome.ts';
import type { PriceSnapshot } from './price-snapshot.ts';
import type { TaskClass } from './task-class.ts';
import type { Usage } from './usage.ts';

export interface LedgerLine {
  readonly v: 1;
  /** Id of the entry in the shard's stream: grows from line to line. */
  readonly id: string;
  readonly tenant: string;
  readonly job: string;
  readonly fence: number;
  /** Server time in milliseconds since 1970. */
  readonly at: number;
  /** The job's, after this. */
  readonly state: JobState;
  /** Nano-dollars that this adds at known usage; below zero where it corrects. */
  readonly spent: string;
  /** The same at worst case. */
  readonly unknown: string;
  /** The budget windows that are charged. */
  readonly accounts?: string;
  /** Whether the job ended here. */
  readonly ends?: true;
  /** Whether this corrects an attempt that had been given up. */
  readonly late?: true;
  /** The model that the job moved to. */
  readonly next?: string;
  /** Nano-dollars that this will probably cost more, where the job moved for waiting too long. */
  readonly premium?: string;
  /** Why it moved, where no attempt tells it; absent in lines of earlier versions. */
  readonly cause?: MoveCause;
  readonly created: number;
  /** When it was allowed to start, if that was later. */
  readonly run_at?: number;
  readonly priority: number;
  /** The attempt's; without one, the model that the job waited for. */
  readonly model: string;
  /** Of the model, when the line was written to its segment. */
  readonly tags?: readonly string[];
  readonly kind?: JobKind;
  readonly requested?: string;
  readonly key?: string;
  readonly batch?: string;
  readonly user?: string;
  readonly custom_id?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the request probably asked for. */
  readonly task?: TaskClass;
  /** The model whose answer was of no use to the job that this one tries again. */
  readonly retries?: string;
  /** Absent for a job that ended or moved while it waited. */
  readonly attempt?: LedgerAttempt;
  /** In a segment: hash of the line before, on the segment's first line only. */
  readonly previous?: string;
  /** In a segment, on its first line only: over the tags of all its lines. */
  readonly tags_hash?: string;
  /** In a segment: over the hash of the line before and all that this line says but its tags. */
  readonly hash?: string;
}

export interface LedgerAttempt {
  readonly n: number;
  readonly deployment: string;
  readonly worker: string;
  readonly started: number;
  readonly why: string;
  /** The worst case that was held, nano-dollars. */
  readonly worst: string;
  readonly price?: PriceSnapshot;
  readonly outcome: AttemptOutcome;
  readonly ambiguity: Ambiguity;
  readonly cost_is: AttemptEnd['costIs'];
  readonly usage?: Usage;
  readonly first_byte_ms?: number;
  readonly dearest?: string;
  readonly flaw?: AnswerFlaw;
  readonly request_id?: string;
}

/** What the first line of a shard's ledger comes after. */
export const ledgerStart = '0'.repeat(64);
