/**
 * Where a job belongs in its caller's trace, in the words of W3C Trace Context. Kept with the job,
 * so that whoever works on it hours later, in another process, goes on with the same trace.
 */
export interface TraceContext {
  readonly traceparent: string;
  /** Absent when there is none, or when it is longer than a record should carry. */
  readonly tracestate?: string;
}
