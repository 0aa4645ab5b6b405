/**
 * Does to one job what an operation is about, the way a caller would have done it. Doing it again
 * is the same (P1 of domain/operation): a cancelled job stays so, a retry has a key of its own,
 * a priority that stands already is no change.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId } from '@forebay/shared/domain/ids';
import type { Operation } from '@forebay/shared/domain/operation';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import { type CancelJobDeps, cancelJob } from '../../intake/cancel-job.ts';
import { type ChangeJobDeps, changeJob } from '../../intake/change-job.ts';
import { readRecord } from '../../intake/read-job.ts';
import { type RetryJobDeps, retryJob } from '../../intake/retry-job.ts';

export interface ApplyActionDeps {
  readonly cancel: CancelJobDeps;
  readonly change: ChangeJobDeps;
  readonly retry: RetryJobDeps;
}

export type ActionResult =
  | { readonly kind: 'done' | 'skipped' }
  | { readonly kind: 'failed'; readonly code: string };

/** An operator may give what no key of the tenant may. */
const grants: IntakeGrants = {
  models: undefined,
  priorityMin: 0,
  ceilingDefault: undefined,
  ceilingMax: undefined,
  queuedMax: undefined,
  acceptsLate: true,
};

/** What says that a job has gone on by itself meanwhile. */
const overtaken = ['not_found', 'job_not_retryable', 'job_not_changeable'];

/** @throws ForebayError `store_unavailable`: the job is to be tried again later. */
export async function applyAction(
  deps: ApplyActionDeps,
  operation: Operation,
  job: JobId,
): Promise<ActionResult> {
  try {
    return { kind: await act(deps, operation, job) };
  } catch (error) {
    if (!ForebayError.is(error)) return { kind: 'failed', code: 'internal' };
    if (error.code === 'store_unavailable') throw error;
    if (overtaken.includes(error.code)) return { kind: 'skipped' };
    return { kind: 'failed', code: error.code };
  }
}

async function act(
  deps: ApplyActionDeps,
  { id, action, filter, priority }: Operation,
  job: JobId,
): Promise<'done' | 'skipped'> {
  const { tenant } = filter;
  switch (action) {
    case 'cancel': {
      const { state } = await cancelJob(deps.cancel, tenant, job);
      return state === 'cancelled' || state === 'cancelling' ? 'done' : 'skipped';
    }
    case 'reprioritise': {
      const change = { tenant, id: job, version: undefined, body: { priority }, grants };
      await changeJob(deps.change, change);
      return 'done';
    }
    case 'retry': {
      const { spec } = await readRecord(deps.retry, tenant, job);
      const { keyId = '' } = spec;
      await retryJob(deps.retry, {
        ...{ tenant, id: job, body: null },
        // The models that its key could name when it was submitted; whoever paid goes on to.
        grants: { ...grants, models: spec.allowedModels },
        keyId,
        payerKeyId: spec.payerKeyId ?? keyId,
        idempotencyKey: `${id}:${job}`,
        method: 'POST',
        pathTemplate: '/admin/v1/operations',
      });
      return 'done';
    }
  }
}
