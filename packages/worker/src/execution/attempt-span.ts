/** An attempt as a span of its job's trace, and beside it the time that the job has waited. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { inSpan, openSpan } from '@forebay/shared/telemetry/tracing';
import { waitOf } from './wait-of.ts';

/** @param record as the claim returned it: its newest attempt has just begun. */
export function inAttemptSpan<T>(record: JobRecord, run: () => Promise<T>): Promise<T> {
  const under = record.spec.trace;
  const { waited, waitedMs } = waitOf(record);
  const attempt = record.attempts.at(-1);
  const attributes = {
    'forebay.job.id': record.id,
    'forebay.job.priority': record.priority,
    'forebay.tenant': record.tenant,
    'forebay.model': record.model,
    'forebay.deployment': attempt?.deployment,
    'forebay.worker': attempt?.worker,
    'forebay.attempt.n': attempt?.n,
    'forebay.fence': record.fence,
    'forebay.queue.waited': waited,
    'forebay.queue.wait_ms': waitedMs,
  };
  // The store's clock says how long it was, this host's when it ended: the two need not agree.
  const name = 'wait in queue';
  if (under !== undefined) openSpan(name, { under, attributes, begunMsAgo: waitedMs }).end();
  return inSpan('run attempt', { kind: 'consumer', under, attributes }, run);
}
