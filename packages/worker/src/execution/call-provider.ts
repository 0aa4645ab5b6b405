/** The call itself, from the stored request to an outcome. */
import { attemptId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type {
  AnsweredCall,
  CallOutcome,
  ProviderClient,
} from '@forebay/shared/ports/provider-client';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { formOf, type OutputForm } from '../outputs/judge-output.ts';
import { type AttemptPlace, capOf, worstCaseNow } from './attempt-terms.ts';
import type { DeltaWriter } from './delta-writer.ts';
import { ownFailure, type ReadRequestDeps, readRequest } from './read-request.ts';
import type { LeaseWatch } from './watch-lease.ts';

export interface CallProviderDeps extends ReadRequestDeps {
  readonly provider: ProviderClient;
}

export interface RunningCall {
  readonly assignment: AttemptPlace & { readonly permitUntilMs: number };
  readonly record: JobRecord;
  readonly watch: LeaseWatch;
  readonly sealedPayload: Uint8Array;
  /** Shows the answer's text while it comes, where the caller asked for that. */
  readonly live: DeltaWriter | undefined;
  /** The call is over; what follows can take a while, and nothing of it needs the permit. */
  readonly onAnswered: (answer: AnsweredCall) => void;
}

export interface ProvidedCall {
  readonly outcome: CallOutcome;
  /** What its answer is to be held against; absent when whatever comes is one. */
  readonly form?: OutputForm | undefined;
}

/** Whatever goes wrong is an outcome. */
export async function callProvider(
  deps: CallProviderDeps,
  run: RunningCall,
): Promise<ProvidedCall> {
  const { assignment, record, watch } = run;
  const request = await readRequest(deps, { record, sealed: run.sealedPayload, watch });
  if (request.kind !== 'read') return { outcome: request };
  const startedMs = deps.clock.monotonicMs();
  const leftMs = assignment.permitUntilMs - startedMs;
  // After an outage or a freeze somebody else may have the place by now.
  if (leftMs <= 0) return { outcome: ownFailure('permit_lapsed', 'not_sent', 0) };
  // The configuration may have changed since the job was planned.
  if (worstCaseNow(record, assignment) > record.money.reserved) {
    return { outcome: ownFailure('price_raised', 'not_sent', 0) };
  }
  const { timers } = assignment.model;
  crashPoint('worker.before-call');
  try {
    const outcome = await deps.provider.call({
      kind: record.spec.kind,
      deployment: assignment.deployment,
      body: request.body,
      outputCapTokens: capOf(record, assignment.model),
      attemptId: attemptId(record.id, record.fence),
      timers: { ...timers, totalTimeoutMs: Math.min(timers.totalTimeoutMs, leftMs) },
      signal: watch.signal,
      onDelta: run.live?.push,
    });
    crashPoint('worker.after-call');
    if (outcome.kind === 'answered') run.onAnswered(outcome);
    return { outcome, form: formOf(record.spec, request.body) };
  } catch (error) {
    // An adapter promises not to throw. How far it came nobody knows, so the worst is assumed.
    deps.events.emit('loop.failed', { loop: 'provider-call', error });
    const totalMs = deps.clock.monotonicMs() - startedMs;
    return { outcome: ownFailure('worker_error', 'unknown', totalMs) };
  }
}
