/** What a worker's events tell of the span in which they happen: names and numbers only (S10). */
import { runningSpan } from '@forebay/shared/telemetry/tracing';
import type { WorkerEventFields, WorkerEvents } from './worker-events.ts';

export function traceWorkerEvents(events: Pick<WorkerEvents, 'on'>): void {
  events.on('attempt.ended', (fields) => describeAttempt(fields));
  events.on('attempt.lost', ({ deployment, costNanoUsd, costIs }) =>
    runningSpan().note('attempt lost', {
      'forebay.deployment': deployment,
      'forebay.attempt.cost_nano_usd': Number(costNanoUsd),
      'forebay.attempt.cost_is': costIs,
    }),
  );
  events.on('job.reassigned', ({ from, model, reason }) =>
    runningSpan().set({
      'forebay.reassign.from': from,
      'forebay.model': model,
      'forebay.reassign.reason': reason,
    }),
  );
  events.on('job.ended', ({ state }) => runningSpan().set({ 'forebay.job.state': state }));
  events.on('lease.unanswered', () => runningSpan().note('lease unanswered'));
  events.on('lease.lost', () => runningSpan().note('lease lost'));
  events.on('store.retry', () => runningSpan().note('store asked again'));
}

function describeAttempt(fields: WorkerEventFields['attempt.ended']): void {
  const { outcome, ambiguity, usage } = fields;
  const span = runningSpan();
  span.set({
    'forebay.attempt.outcome': outcome,
    'forebay.attempt.ambiguity': outcome === 'succeeded' ? undefined : ambiguity,
    'forebay.attempt.first_byte_ms': fields.firstByteMs,
    'forebay.attempt.cost_nano_usd': Number(fields.costNanoUsd),
    'forebay.attempt.cost_is': fields.costIs,
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
  });
  if (outcome !== 'succeeded') span.fail(outcome);
}
