/**
 * Ends an attempt whose answer was complete but of no use: the job goes where failed attempts go,
 * charged at what the answer cost. Also long after the call, when a dead worker's answer turns up.
 */
import { isRecord } from '@forebay/shared/domain/job';
import type { JobStore, SettleRequest } from '@forebay/shared/ports/job-store';
import { type ReassignJobDeps, reassignJob } from '../dispatch/reassign-job.ts';
import type { JudgedEnd } from '../settlement/judge-attempt.ts';
import { persist } from '../settlement/persist.ts';

export interface EndMissedDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'read'>;
}

/**
 * Safe to repeat: the scripts answer a second call for the same attempt like the first.
 *
 * @param request what would have settled the job, had the answer been of use.
 * @param end how the attempt ended in its place.
 */
export async function endMissed(
  deps: EndMissedDeps,
  request: SettleRequest,
  end: JudgedEnd,
): Promise<void> {
  const { fence } = request;
  const settlement = { fence, end };
  // The caller may have moved deadline or ceiling meanwhile; what comes next obeys those.
  const record = await persist(deps, 'read', () => deps.jobs.read(request));
  const isOurs = isRecord(record) && record.fence === fence && request.from.includes(record.state);
  if (isOurs) {
    const why = { kind: 'attempt_failed', settlement, retryAfterMs: undefined } as const;
    if ((await reassignJob(deps, { record, why })) !== 'left') return;
  }
  // The attempt may have been given up at its worst case: its cost is known now (S7). No state is
  // right for more than that.
  await persist(deps, 'settle', () =>
    deps.jobs.settle({
      ...request,
      from: [],
      attempt: settlement,
      to: 'failed',
      reason: { code: end.outcome, text: end.error?.message ?? '' },
      usage: undefined,
      sealedResult: undefined,
    }),
  );
}
