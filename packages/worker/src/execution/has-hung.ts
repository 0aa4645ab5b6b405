/**
 * Whether a provider hangs, from a call that we ended at the job's deadline. It was given less
 * time than the timers of its model allow, so no timeout tells of it.
 *
 * The deadline is the caller's choice, and nobody may close a provider to others by choosing short
 * ones. So it is held against the provider only that no byte came within three times as long as
 * its slow answers take, and never within the first ten seconds. An answer that comes whole
 * takes as long as it has tokens, so there the caller's own output cap counts. Where nothing was
 * measured nothing is said, and the timeouts of the model decide.
 */
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import type { CallOutcome } from '@forebay/shared/ports/provider-client';

export interface CutCall {
  readonly outcome: CallOutcome;
  readonly kind: JobKind;
  readonly deployment: { readonly id: string; readonly stream: boolean };
  /** Per choice. */
  readonly outputCapTokens: number;
  /** The model as it stands now. */
  readonly lane: ModelLive | undefined;
}

const patienceMsMin = 10_000;
/** Further than the largest bucket and a busy moment are off. */
const slowTimes = 3;

export function hasHung(call: CutCall): boolean {
  const { outcome } = call;
  const { timings } = outcome;
  const wasSent = outcome.kind === 'aborted' && outcome.ambiguity === 'unknown';
  if (!wasSent || timings.firstByteMs !== undefined) return false;
  const slowMs = slowestMs(call);
  return slowMs !== undefined && timings.totalMs > Math.max(patienceMsMin, slowTimes * slowMs);
}

/** How long slow calls like this one are silent; `undefined` where nobody knows. */
function slowestMs({ kind, deployment, lane, outputCapTokens }: CutCall): number | undefined {
  const figures = lane?.deployments?.find(({ id }) => id === deployment.id)?.latency;
  const streams = kind === 'chat.completions' && deployment.stream;
  // Figures end a minute after the last answer; the mean of whole answers stays.
  if (streams) return figures?.firstByteMs?.p99 ?? figures?.totalMs.p99 ?? lane?.serviceMs;
  if (figures?.perOutputTokenMs === undefined) return undefined;
  return Math.max(figures.totalMs.p99, figures.perOutputTokenMs.p99 * outputCapTokens);
}
