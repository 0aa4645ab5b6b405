/** How a tenant's jobs fared over time: how long, how often in vain, where to, at what saving. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { terminalJobStates } from '@forebay/shared/domain/job-state';
import type { Json } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import { type AnalyticsRow, createAnalyticsSum } from '@forebay/shared/ledger/analytics-rows';
import { type AnswerRow, mergeAnswers, sumAnswers } from '@forebay/shared/ledger/answer-rows';
import type { Rollup } from '@forebay/shared/ledger/block-codec';
import { groupBy } from '@forebay/shared/ledger/group-by';
import { addHistogram, percentileMs } from '@forebay/shared/ledger/histogram';
import { type RollupReaderDeps, readRollups } from '@forebay/shared/ledger/read-rollups';
import { hourMs } from '@forebay/shared/ledger/rollup-names';
import { timeText } from '@forebay/shared/ledger/usage-tally';
import type { AnalyticsRequest } from './parse-analytics-query.ts';
import { spanView } from './query-span.ts';

export async function readAnalytics(
  deps: RollupReaderDeps,
  tenant: TenantId,
  request: AnalyticsRequest,
): Promise<Json> {
  const { span, bucket } = request;
  const { sink, isWhole } = await readRollups(
    deps,
    { tenant, ...span, needsHours: bucket === 'hour' },
    () => openSink(request),
  );
  const found = sink.read();
  const keyOfRow = (row: AnalyticsRow | AnswerRow) => JSON.stringify(keyOf(request, row));
  const rows = groupBy(found.rows, keyOfRow);
  const answers = groupBy(found.answers, keyOfRow);
  const keys = [...new Set([...rows.keys(), ...answers.keys()])].toSorted();
  return {
    object: 'analytics',
    ...spanView(span),
    bucket,
    group_by: [...request.groupBy],
    data: keys.flatMap((key) => {
      const own = { rows: rows.get(key) ?? [], answers: answers.get(key) ?? [] };
      const first = own.rows[0] ?? own.answers[0];
      return first === undefined ? [] : [{ ...keyOf(request, first), ...figuresOf(own) }];
    }),
    total: figuresOf(found),
    is_complete: isWhole,
  };
}

/** What one row of the answer is made of. */
interface FoundRows {
  readonly rows: readonly AnalyticsRow[];
  readonly answers: readonly AnswerRow[];
}

function openSink(request: AnalyticsRequest) {
  const sum = createAnalyticsSum(request.bucket);
  const answers: AnswerRow[] = [];
  return {
    add: (rollup: Pick<Rollup, 'analytics' | 'answers'>) => {
      for (const row of rollup.analytics) if (isWanted(request, row)) sum.add(row);
      // What answers were like is known of models, not of where these run.
      if (namesDeployments(request)) return;
      answers.push(...rollup.answers.filter((row) => isWanted(request, row)));
    },
    read: (): FoundRows => ({ rows: sum.rows(), answers: mergeAnswers(answers, request.bucket) }),
  };
}

function namesDeployments({ groupBy: names, filters }: AnalyticsRequest): boolean {
  return names.includes('deployment') || filters.has('deployment');
}

type KnownRow = Pick<AnalyticsRow, 'hour' | 'model'> & Partial<Pick<AnalyticsRow, 'deployment'>>;

function isWanted({ span, filters }: AnalyticsRequest, row: KnownRow): boolean {
  if (row.hour < span.fromMs / hourMs || row.hour >= span.beforeMs / hourMs) return false;
  return [...filters].every(([name, wanted]) => wanted.includes(row[name] ?? ''));
}

/** What tells one row of the answer from another. */
function keyOf({ bucket, groupBy: names }: AnalyticsRequest, row: KnownRow) {
  const own = names.map((name) => [name, row[name] || null]);
  return { at: timeText(row.hour, bucket), ...Object.fromEntries(own) };
}

function figuresOf({ rows, answers }: FoundRows) {
  const [spent, unknown] = [amountOf(rows, 'spent'), amountOf(rows, 'unknown')];
  const [dearest, compared] = [amountOf(rows, 'dearest'), amountOf(rows, 'compared')];
  return {
    jobs: Object.fromEntries(
      terminalJobStates.map((state) => [
        state,
        sumOf(rows, (row) => (row.state === state ? row.jobs : 0)),
      ]),
    ),
    attempts: sumOf(rows, (row) => row.attempts),
    ...errorsOf(rows),
    latency: {
      wait_ms: percentiles(rows, 'waits'),
      first_byte_ms: percentiles(rows, 'firstBytes'),
      call_ms: percentiles(rows, 'calls'),
      total_ms: percentiles(rows, 'totals'),
    },
    fallbacks: fallbacksOf(rows),
    promotions: promotionsOf(rows),
    answers: answersByTask(answers),
    cost: {
      spent_usd: formatUsd(spent),
      unknown_usd: formatUsd(unknown),
      compared_usd: formatUsd(compared),
      dearest_usd: formatUsd(dearest),
      saved_usd: formatUsd(dearest - compared),
    },
  };
}

/** Ends that are nobody's error: what callers take back, and what runs again at no cost. */
const harmless: ReadonlySet<string> = new Set<ErrorClass>([
  'cancelled',
  'shutdown',
  'price_raised',
]);

function errorsOf(rows: readonly AnalyticsRow[]) {
  const attemptsOf = (row: AnalyticsRow): number => row.attempts;
  const judged = rows.filter(({ outcome }) => outcome !== '' && !harmless.has(outcome));
  const failed = judged.filter(({ outcome }) => outcome !== 'succeeded');
  const attempts = sumOf(judged, attemptsOf);
  return {
    error_rate: attempts === 0 ? null : sumOf(failed, attemptsOf) / attempts,
    errors: countedBy(failed, ({ outcome }) => outcome, attemptsOf),
  };
}

function sumOf(rows: readonly AnalyticsRow[], of: (row: AnalyticsRow) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

function amountOf(
  rows: readonly AnalyticsRow[],
  name: 'spent' | 'unknown' | 'dearest' | 'compared' | 'premium',
): bigint {
  return rows.reduce((sum, row) => sum + BigInt(row[name] ?? 0), 0n);
}

/** Most first. */
function countedBy(
  rows: readonly AnalyticsRow[],
  nameOf: (row: AnalyticsRow) => string,
  countOf: (row: AnalyticsRow) => number,
): Readonly<Record<string, number>> {
  const counts = [...groupBy(rows, nameOf)].map(([name, some]): [string, number] => [
    name,
    sumOf(some, countOf),
  ]);
  return Object.fromEntries(counts.toSorted(([, left], [, right]) => right - left));
}

/** Jobs that left a model for another one, and what drove them; most first. */
function fallbacksOf(rows: readonly AnalyticsRow[]) {
  const moved = rows.filter(({ moves, cause }) => moves > 0 && cause !== 'promoted');
  return movesBy(moved, ({ model, next, outcome, cause }) => ({
    from: model,
    to: next,
    // Lines of earlier versions name no cause: of nearly all of them the lane was closed.
    reason: outcome || (cause ?? 'lane_closed'),
  })).map(({ move, some }) => ({ ...move, count: sumOf(some, ({ moves }) => moves) }));
}

/** Jobs that waited too long and were moved to a free place: how many, at what expected premium. */
function promotionsOf(rows: readonly AnalyticsRow[]) {
  const promoted = rows.filter(({ cause }) => cause === 'promoted');
  const figures = (some: readonly AnalyticsRow[]) => ({
    count: sumOf(some, ({ moves }) => moves),
    premium_usd: formatUsd(amountOf(some, 'premium')),
  });
  const moves = movesBy(promoted, ({ model, next }) => ({ from: model, to: next }));
  return {
    ...figures(promoted),
    moves: moves.map(({ move, some }) => ({ ...move, ...figures(some) })),
  };
}

interface MoveRows<Move> {
  readonly move: Move;
  readonly some: readonly AnalyticsRow[];
}

/** The rows of each kind of move, most moves first. */
function movesBy<Move>(
  rows: readonly AnalyticsRow[],
  moveOf: (row: AnalyticsRow) => Move,
): readonly MoveRows<Move>[] {
  const count = ({ some }: MoveRows<Move>): number => sumOf(some, ({ moves }) => moves);
  return [...groupBy(rows, (row) => JSON.stringify(moveOf(row))).values()]
    .flatMap((some) => {
      const [first] = some;
      return first === undefined ? [] : [{ move: moveOf(first), some }];
    })
    .toSorted((left, right) => count(right) - count(left));
}

/** Most answers first. */
function answersByTask(rows: readonly AnswerRow[]) {
  const groups = groupBy(rows, ({ model, task }) => JSON.stringify([model, task]));
  return [...groups.values()]
    .flatMap((some) => {
      const [first] = some;
      if (first === undefined) return [];
      return [{ model: first.model, task: first.task || null, ...sumAnswers(some) }];
    })
    .toSorted((left, right) => right.answers - left.answers);
}

const shares = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

function percentiles(
  rows: readonly AnalyticsRow[],
  name: 'waits' | 'firstBytes' | 'calls' | 'totals',
) {
  const all: Record<string, number> = {};
  for (const row of rows) addHistogram(all, row[name]);
  const count = Object.values(all).reduce((sum, each) => sum + each, 0);
  const found = Object.entries(shares).map(([key, share]): [string, number | null] => [
    key,
    percentileMs(all, share) ?? null,
  ]);
  return { count, ...Object.fromEntries(found) };
}
