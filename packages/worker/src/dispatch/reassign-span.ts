/** Moving a job on as a span: of the attempt that failed, else of the job's own trace. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { inSpan, runningOr } from '@forebay/shared/telemetry/tracing';

export function inReassignSpan<T>(record: JobRecord, run: () => Promise<T>): Promise<T> {
  const attributes = { 'forebay.job.id': record.id, 'forebay.tenant': record.tenant };
  return inSpan('reassign job', { under: runningOr(record.spec.trace), attributes }, run);
}
