/**
 * Admission of a job whose output may be cut. The script alone knows what the budgets have left at
 * that instant: it refuses the job and says so, the plan is made again for that amount, and the
 * script judges anew. A job that fits, and one that allows no cut, is admitted by its first call.
 */
import type { AdmitResult, JobStore, NewJob } from '@forebay/shared/ports/job-store';
import { cutToBudget, type DraftOrder } from './draft-job.ts';
import type { PlanJobDeps } from './plan-job.ts';

export interface AdmitWhatFitsDeps extends PlanJobDeps {
  readonly jobs: Pick<JobStore, 'admit'>;
}

/** How often others may take the money between two looks, until the budget's policy decides. */
const cutsMax = 3;

/** @throws ForebayError as `admit` does. */
export async function admitWhatFits(
  deps: AdmitWhatFitsDeps,
  order: DraftOrder,
  job: NewJob,
): Promise<AdmitResult> {
  if (job.spec.features.cutsOutput !== true) return deps.jobs.admit(job);
  let wanted: NewJob | undefined = job;
  for (let cuts = 0; cuts <= cutsMax && wanted !== undefined; cuts += 1) {
    const result = await deps.jobs.admit(wanted, { tellsShort: true });
    if (result.kind !== 'over_budget' || result.isOfAll) return result;
    wanted = cutToBudget(deps, order, { job, left: result.left });
  }
  return deps.jobs.admit(job);
}
