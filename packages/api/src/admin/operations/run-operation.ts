/** Goes on with an operation, step by step, until it is over or somebody else has it. */
import type { JobId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { Operation, OperationId } from '@forebay/shared/domain/operation';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OperationStore } from '@forebay/shared/ports/operation-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type ActionResult, type ApplyActionDeps, applyAction } from './apply-action.ts';

export interface RunOperationDeps extends ApplyActionDeps {
  readonly operations: Pick<OperationStore, 'read' | 'edit'>;
  readonly jobs: Pick<JobStore, 'list' | 'nowMs'>;
  /** How long an operation is left to who works on it, after each step. */
  readonly leaseMs: number;
}

/** @throws ForebayError `store_unavailable`; whoever takes the operation next goes on. */
export async function runOperation(
  deps: RunOperationDeps,
  id: OperationId,
  signal: AbortSignal,
): Promise<void> {
  let operation = await deps.operations.read(id);
  while (operation?.state === 'running' && !signal.aborted) {
    const { step } = operation;
    const next = await takeStep(deps, operation);
    operation = await deps.operations.edit(
      id,
      // P3: what somebody else has written meanwhile stands.
      (stands) => (stands.step === step ? { ...next(stands), step: step + 1 } : undefined),
      deps.leaseMs,
    );
    if (operation?.step !== step + 1) return;
  }
}

/** What a step has found out, to be laid on the operation as it stands by then. */
type StepResult = (operation: Operation) => Operation;

async function takeStep(deps: RunOperationDeps, operation: Operation): Promise<StepResult> {
  if (operation.page.length > 0) return workOffPage(deps, operation);
  if (operation.isListed || operation.cancelRequested) {
    const endedAtMs = await deps.jobs.nowMs();
    const state = operation.isListed ? 'done' : 'cancelled';
    return (stands) => ({ ...stands, state, endedAtMs });
  }
  return listPage(deps, operation);
}

/** P1, P2. */
async function listPage({ jobs }: RunOperationDeps, operation: Operation): Promise<StepResult> {
  const { filter, after, createdAtMs } = operation;
  const createdBeforeMs = Math.min(filter.createdBeforeMs ?? Infinity, createdAtMs);
  const limit = limits.operationPageSize;
  const page = await jobs.list({ ...listQueryOf(operation), createdBeforeMs, after, limit });
  return (stands) => ({
    ...stands,
    page: page.ids,
    after: page.goesOnAfter,
    isListed: page.goesOnAfter === undefined,
    counts: { ...stands.counts, matched: stands.counts.matched + page.ids.length },
  });
}

function listQueryOf({ filter }: Operation) {
  const { tenant, states, model, batchId, createdFromMs } = filter;
  return { tenant, states, model, batchId, createdFromMs };
}

async function workOffPage(deps: RunOperationDeps, operation: Operation): Promise<StepResult> {
  const results = await Promise.all(
    operation.page.map(async (job) => {
      const result = await applyAction(deps, operation, job);
      crashPoint('api.after-operation-job');
      return { job, result };
    }),
  );
  crashPoint('api.before-operation-count');
  return (stands) => ({
    ...stands,
    page: [],
    counts: {
      matched: stands.counts.matched,
      done: stands.counts.done + countOf(results, 'done'),
      skipped: stands.counts.skipped + countOf(results, 'skipped'),
      failed: stands.counts.failed + countOf(results, 'failed'),
    },
    failures: [...stands.failures, ...results.flatMap(failureOf)].slice(
      0,
      limits.operationFailuresShown,
    ),
  });
}

interface JobResult {
  readonly job: JobId;
  readonly result: ActionResult;
}

function countOf(results: readonly JobResult[], kind: ActionResult['kind']): number {
  return results.filter(({ result }) => result.kind === kind).length;
}

function failureOf({ job, result }: JobResult) {
  return result.kind === 'failed' ? [{ job, code: result.code }] : [];
}
