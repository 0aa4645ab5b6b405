/** What `GET /v1/usage` answers. */
import type { CallOptions } from './http/api-call.ts';
import type { ApiCaller } from './http/api-caller.ts';

export interface UsageFilter {
  /** RFC 3339, or a day such as `2030-01-31`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Such as `day`, `model`, `user` or `metadata.<key>`. */
  readonly groupBy?: readonly string[] | undefined;
  /** Names as for `groupBy`, each with one text or several. */
  readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Groups per page. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface UsageFigures {
  readonly jobs: number;
  readonly attempts: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  /** Decimal US dollars. */
  readonly spent_usd: string;
  readonly unknown_usd: string;
}

export interface UsageRow extends UsageFigures {
  /** `null` for jobs that have none of it. */
  readonly group: Readonly<Record<string, string | null>>;
}

export interface UsageReport {
  readonly from: string;
  readonly to: string;
  readonly group_by: readonly string[];
  readonly data: readonly UsageRow[];
  readonly total: UsageFigures;
  /** Whether everything up to now is in there. */
  readonly is_complete: boolean;
  readonly next: string | null;
}

/** One page. @throws ForebayApiError. */
export async function readUsage(
  caller: ApiCaller,
  { from, to, groupBy, where = {}, limit, after }: UsageFilter,
  { signal }: CallOptions,
): Promise<UsageReport> {
  const filters = Object.entries(where).map(([name, texts]) => [
    name,
    typeof texts === 'string' ? texts : texts.join(','),
  ]);
  const group_by = groupBy?.length ? groupBy.join(',') : undefined;
  const query = { from, to, group_by, limit, after, ...Object.fromEntries(filters) };
  const call = { method: 'GET', path: '/v1/usage', query, repeat: 'always', signal } as const;
  // The contract of the route; a report that is not one fails where it is read.
  return (await caller.call(call)).body as UsageReport;
}
