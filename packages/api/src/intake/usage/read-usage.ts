/** Sums up a tenant's usage, page by page. */

import { csvLine } from '@forebay/shared/domain/csv';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Json } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import { type RollupReaderDeps, readRollups } from '@forebay/shared/ledger/read-rollups';
import {
  compareKeys,
  createUsageTally,
  type UsageGroup,
  type UsageSums,
} from '@forebay/shared/ledger/usage-tally';
import { type UsageRequest, writeAfter } from './parse-usage-query.ts';
import { spanView } from './query-span.ts';

export interface UsagePage {
  readonly request: UsageRequest;
  readonly groups: readonly UsageGroup[];
  readonly total: UsageSums;
  /** Whether all lines up to now are in there. */
  readonly isWhole: boolean;
  /** `undefined` after the last page. */
  readonly next: string | undefined;
}

export async function readUsage(
  deps: RollupReaderDeps,
  tenant: TenantId,
  request: UsageRequest,
): Promise<UsagePage> {
  const { span, query, limit, after } = request;
  const needsHours = query.groupBy.includes('hour');
  const { sink, isWhole } = await readRollups(deps, { tenant, ...span, needsHours }, () => {
    const tally = createUsageTally(query);
    return { add: ({ usage }) => tally.add(usage), tally };
  });
  const all = sink.tally.groups();
  const rest = after === undefined ? all : all.filter(({ key }) => compareKeys(key, after) > 0);
  const groups = rest.slice(0, limit);
  const last = groups.at(-1);
  const hasMore = last !== undefined && rest.length > limit;
  const next = hasMore ? writeAfter(query.groupBy, last.key) : undefined;
  return { request, groups, total: sink.tally.total(), isWhole, next };
}

/** In the order of the columns. */
const figures = [
  ['jobs', 'jobs'],
  ['attempts', 'attempts'],
  ['input_tokens', 'inputTokens'],
  ['cached_input_tokens', 'cachedInputTokens'],
  ['cache_write_tokens', 'cacheWriteTokens'],
  ['output_tokens', 'outputTokens'],
  ['reasoning_tokens', 'reasoningTokens'],
] as const;

export function usageJson({ request, groups, total, isWhole, next }: UsagePage): Json {
  const { groupBy } = request.query;
  return {
    object: 'usage',
    ...spanView(request.span),
    group_by: [...groupBy],
    data: groups.map(({ key, sums }) => ({
      group: Object.fromEntries(groupBy.map((name, place) => [name, key[place] || null])),
      ...sumsView(sums),
    })),
    total: sumsView(total),
    is_complete: isWhole,
    has_more: next !== undefined,
    next: next ?? null,
  };
}

/** Counts are below 2^53, as each is a sum of what was really sent. */
function sumsView(sums: UsageSums) {
  const counts = figures.map(([name, metric]) => [name, Number(sums[metric])]);
  return {
    ...Object.fromEntries(counts),
    spent_usd: formatUsd(sums.spent),
    unknown_usd: formatUsd(sums.unknown),
  };
}

export function usageCsv({ request, groups }: UsagePage): string {
  const names = figures.map(([name]) => name);
  const header = [...request.query.groupBy, ...names, 'spent_usd', 'unknown_usd'];
  const lines = groups.map(({ key, sums }) =>
    csvLine(key, [
      ...figures.map(([, metric]) => sums[metric].toString()),
      formatUsd(sums.spent),
      formatUsd(sums.unknown),
    ]),
  );
  return [csvLine(header), ...lines].join('');
}
