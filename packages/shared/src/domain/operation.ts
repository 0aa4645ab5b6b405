/**
 * An operation: one change to every job that fits a filter, made page by page in the background and
 * counted (decision 0030). The next step follows from the operation alone, so any process can go
 * on with it.
 *
 *  P1. A page of jobs is written down before any of them is touched, and counted in one step after
 *      all of them are. Between the two it may be worked through again, which changes nothing: what
 *      is done to a job is recognised by the job.
 *  P2. An operation changes only jobs that were there when it was made.
 *  P3. `step` tells the writes of one process from those of another that goes on with the same
 *      operation: the later one of two is dropped.
 */
import { type JobId, newToken, type TenantId } from './ids.ts';
import type { JobState } from './job-state.ts';

export type OperationId = string & { readonly brand: 'OperationId' };

export const operationActions = ['cancel', 'retry', 'reprioritise'] as const;

export type OperationAction = (typeof operationActions)[number];

/** Jobs that an action can be about; the rest of a tenant's jobs is left out. */
export const actionStates: Readonly<Record<OperationAction, readonly JobState[]>> = {
  cancel: ['scheduled', 'queued', 'running'],
  retry: ['failed', 'cancelled', 'expired'],
  reprioritise: ['scheduled', 'queued', 'running'],
};

export interface OperationFilter {
  readonly tenant: TenantId;
  /** At least one, of those that the action can be about. */
  readonly states: readonly JobState[];
  readonly model: string | undefined;
  readonly batchId: string | undefined;
  readonly createdFromMs: number | undefined;
  readonly createdBeforeMs: number | undefined;
}

export interface OperationCounts {
  /** Jobs found so far. */
  readonly matched: number;
  readonly done: number;
  /** Jobs that had gone on meanwhile, so that there was nothing to do. */
  readonly skipped: number;
  readonly failed: number;
}

export interface OperationFailure {
  readonly job: JobId;
  /** From the error catalog. */
  readonly code: string;
}

export interface Operation {
  readonly id: OperationId;
  /** Grows by one with each write. */
  readonly version: number;
  readonly action: OperationAction;
  /** Of `reprioritise`, else `undefined`. */
  readonly priority: number | undefined;
  readonly filter: OperationFilter;
  readonly state: 'running' | 'done' | 'cancelled';
  readonly cancelRequested: boolean;
  readonly counts: OperationCounts;
  /** The first ones. */
  readonly failures: readonly OperationFailure[];
  /** P3. */
  readonly step: number;
  /** P1: found and not counted yet. */
  readonly page: readonly JobId[];
  /** Where to look on; `undefined` before the first page, and after the last one. */
  readonly after: { readonly createdAtMs: number; readonly id: JobId } | undefined;
  readonly isListed: boolean;
  /** As the audit log names whoever made it. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | undefined;
}

const operationIdPattern = /^op_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

export function newOperationId(): OperationId {
  // The generator writes what the pattern below reads.
  return newToken('op') as OperationId;
}

/** Reads an operation id; `undefined` when it has another form. */
export function parseOperationId(text: string): OperationId | undefined {
  // A brand is made only after the pattern has held.
  return operationIdPattern.test(text) ? (text as OperationId) : undefined;
}
