/** The span of time that a question about usage is about: whole hours, because rollups are. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import { hourMs } from '@forebay/shared/ledger/rollup-names';
import { expectedTime, readTime } from '../read-time.ts';

export interface QuerySpan {
  /** Both at whole hours. */
  readonly fromMs: number;
  readonly beforeMs: number;
}

const spanDefaultMs = 30 * 24 * hourMs;

/**
 * @param isHourly whether every hour is asked for, which is dear: then a span may be shorter only.
 * @throws ForebayError `invalid_request` that names the parameter.
 */
export function readSpan(
  query: URLSearchParams,
  { nowMs, isHourly }: { readonly nowMs: number; readonly isHourly: boolean },
): QuerySpan {
  const to = readDayOrTime(query, 'to') ?? nowMs;
  const beforeMs = Math.ceil(to / hourMs) * hourMs;
  const from = readDayOrTime(query, 'from') ?? beforeMs - spanDefaultMs;
  const fromMs = Math.floor(from / hourMs) * hourMs;
  if (fromMs >= beforeMs) throw queryProblem('from', 'expected a time before "to"');
  const mostMs = isHourly ? limits.usageHourlySpanMsMax : limits.usageSpanMsMax;
  if (beforeMs - fromMs > mostMs) {
    const days = mostMs / (24 * hourMs);
    const remedy = isHourly ? ' for hours; ask for a shorter time or for days' : '';
    throw queryProblem('from', `expected at most ${days} days before "to"${remedy}`);
  }
  return { fromMs, beforeMs };
}

function readDayOrTime(query: URLSearchParams, name: 'from' | 'to'): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const atMs = readTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (atMs !== undefined && atMs < timeMsMax) return atMs;
  throw queryProblem(name, `${expectedTime}, or a day such as 2030-01-31`);
}

const timeMsMax = Date.UTC(9999, 0);

/** An error about one parameter of a query. */
export function queryProblem(name: string, expected: string): ForebayError {
  const detail = `${JSON.stringify(name)}: ${expected}.`;
  return new ForebayError('invalid_request', detail, { param: name });
}

/** What a page shows beside its figures. */
export function spanView({ fromMs, beforeMs }: QuerySpan): { from: string; to: string } {
  return { from: new Date(fromMs).toISOString(), to: new Date(beforeMs).toISOString() };
}
