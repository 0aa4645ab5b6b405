/** What `GET /v1/analytics` answers. */
import type { CallOptions } from './http/api-call.ts';
import type { ApiCaller } from './http/api-caller.ts';

export interface AnalyticsFilter {
  /** RFC 3339, or a day such as `2030-01-31`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket?: 'hour' | 'day' | undefined;
  readonly groupBy?: readonly ('model' | 'deployment')[] | undefined;
  /** Only these. */
  readonly models?: readonly string[] | undefined;
  readonly deployments?: readonly string[] | undefined;
}

/** Milliseconds; `null` where nothing was measured. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface ModelMove {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

export interface AnswersByTask {
  readonly model: string;
  readonly task: string | null;
  readonly answers: number;
  readonly malformed: number;
  readonly refused: number;
  readonly cut: number;
  readonly retried: number;
}

/** Amounts are decimal US dollars. */
export interface AnalyticsFigures {
  readonly jobs: Readonly<Record<'succeeded' | 'failed' | 'cancelled' | 'expired', number>>;
  readonly attempts: number;
  readonly error_rate: number | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly latency: Readonly<
    Record<'wait_ms' | 'first_byte_ms' | 'call_ms' | 'total_ms', Percentiles>
  >;
  readonly fallbacks: readonly (ModelMove & { readonly reason: string })[];
  readonly promotions: {
    readonly count: number;
    readonly premium_usd: string;
    readonly moves: readonly (ModelMove & { readonly premium_usd: string })[];
  };
  readonly answers: readonly AnswersByTask[];
  readonly cost: Readonly<
    Record<'spent_usd' | 'unknown_usd' | 'compared_usd' | 'dearest_usd' | 'saved_usd', string>
  >;
}

export interface AnalyticsRow extends AnalyticsFigures {
  /** The day or hour. */
  readonly at: string;
  /** Where it was asked for. */
  readonly model?: string | null;
  readonly deployment?: string | null;
}

export interface AnalyticsReport {
  readonly from: string;
  readonly to: string;
  readonly bucket: 'hour' | 'day';
  readonly group_by: readonly string[];
  readonly data: readonly AnalyticsRow[];
  readonly total: AnalyticsFigures;
  /** Whether everything up to now is in there. */
  readonly is_complete: boolean;
}

/** @throws ForebayApiError. */
export async function readAnalytics(
  caller: ApiCaller,
  { from, to, bucket, groupBy, models, deployments }: AnalyticsFilter,
  { signal }: CallOptions,
): Promise<AnalyticsReport> {
  const listed = (names: readonly string[] | undefined) =>
    names?.length ? names.join(',') : undefined;
  const query = {
    ...{ from, to, bucket, group_by: listed(groupBy) },
    ...{ model: listed(models), deployment: listed(deployments) },
  };
  const call = { method: 'GET', path: '/v1/analytics', query, repeat: 'always', signal } as const;
  // The contract of the route; a report that is not one fails where it is read.
  return (await caller.call(call)).body as AnalyticsReport;
}
