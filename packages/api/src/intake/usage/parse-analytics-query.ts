/** Reads the query of `GET /v1/analytics`. */
import { readNames, refuseUnknown } from './parse-usage-query.ts';
import { type QuerySpan, queryProblem, readSpan } from './query-span.ts';

const dimensions = ['model', 'deployment'] as const;

type Dimension = (typeof dimensions)[number];

export interface AnalyticsRequest {
  readonly span: QuerySpan;
  readonly bucket: 'hour' | 'day';
  readonly groupBy: readonly Dimension[];
  readonly filters: ReadonlyMap<Dimension, readonly string[]>;
}

/** @throws ForebayError `invalid_request` that names the parameter and what is expected. */
export function parseAnalyticsQuery(query: URLSearchParams, nowMs: number): AnalyticsRequest {
  refuseUnknown(query, ['from', 'to', 'bucket', 'group_by', ...dimensions]);
  const bucket = query.get('bucket') ?? 'day';
  if (bucket !== 'hour' && bucket !== 'day') throw queryProblem('bucket', 'expected hour or day');
  const groupBy = readNames(query, 'group_by').map((name) => {
    const known = dimensions.find((dimension) => dimension === name);
    if (known !== undefined) return known;
    throw queryProblem('group_by', `expected ${dimensions.join(' or ')}, or both with a comma`);
  });
  const filters = dimensions.flatMap((name): [Dimension, readonly string[]][] =>
    query.has(name) ? [[name, readNames(query, name)]] : [],
  );
  const span = readSpan(query, { nowMs, isHourly: bucket === 'hour' });
  return { span, bucket, groupBy, filters: new Map(filters) };
}
