/** The dry run: the plan that a submission would get now. Nothing is stored. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newJobId } from '@forebay/shared/domain/ids';
import type { JobStore } from '@forebay/shared/ports/job-store';
import { lookUpWishes } from './look-up-wishes.ts';
import {
  type KeyedPayer,
  type PlanJobDeps,
  type PlannedJob,
  type PlanSubject,
  planRequest,
  type ReceivedEnvelope,
  readRequest,
  requireCandidate,
} from './plan-job.ts';
import { requireInTime } from './refuse-late.ts';

export interface DryRunDeps extends PlanJobDeps {
  readonly jobs: Pick<JobStore, 'nowMs'>;
}

export interface DryRun extends PlannedJob {
  /** What the submission would be answered, were it refused for its models or its deadline. */
  readonly refusal: ForebayError | undefined;
}

/** @throws ForebayError when the request is wrong. */
export async function planOnly(
  deps: DryRunDeps,
  received: ReceivedEnvelope,
  caller: KeyedPayer & Pick<PlanSubject, 'grants' | 'headers'>,
): Promise<DryRun> {
  const request = readRequest(received);
  const [nowMs, wishes] = await Promise.all([
    deps.jobs.nowMs(),
    lookUpWishes(deps, caller.tenant, request),
  ]);
  const { grants, headers } = caller;
  const origin = { payer: caller, grants, headers, wishes };
  const subject = { id: newJobId(), ...origin, takesTurn: false, nowMs };
  const planned = planRequest(deps, request, subject);
  const refusal = refusalOf(() => {
    requireCandidate(planned.plan, request, grants);
    requireInTime(deps, planned);
  });
  return { ...planned, refusal };
}

function refusalOf(check: () => void): ForebayError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!ForebayError.is(error)) throw error;
    return error;
  }
}
