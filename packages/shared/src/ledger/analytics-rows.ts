/**
 * What analytics needs of the ledger, much coarser than usage: for each hour and kind of ending a
 * row with counts, amounts and histograms. Amounts are decimal text of nano-dollars.
 */

import { isTerminal } from '../domain/job-state.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import type { MoveCause } from '../domain/move-cause.ts';
import { addHistogram, bucketOf, type Histogram } from './histogram.ts';
import { hourMs } from './rollup-names.ts';

export interface AnalyticsRow {
  /** Hours since 1970; of a day, its first one. */
  readonly hour: number;
  readonly model: string;
  readonly deployment: string;
  /** How the attempt ended; '' where there was none, or where it was told before. */
  readonly outcome: string;
  /** The model that the job moved to, '' if it stayed or ended. */
  readonly next: string;
  /** Why it moved, where no attempt tells it. */
  readonly cause?: MoveCause;
  /** How the job ended; '' while it goes on. */
  readonly state: string;
  readonly attempts: number;
  readonly jobs: number;
  /** Jobs that went on to another model. */
  readonly moves: number;
  readonly spent: string;
  readonly unknown: string;
  /** What the dearest candidates of answered attempts would have cost, and what these did. */
  readonly dearest: string;
  readonly compared: string;
  /** What moves of jobs that waited too long will probably cost more; absent for nothing. */
  readonly premium?: string;
  /** From the time when a job could start to its first attempt. */
  readonly waits: Histogram;
  /** From an attempt's start to the first byte of its answer. */
  readonly firstBytes: Histogram;
  /** From an attempt's start to its end, where it was answered. */
  readonly calls: Histogram;
  /** From the time when a job could start to its success. */
  readonly totals: Histogram;
}

export function analyticsOf(line: LedgerLine): AnalyticsRow {
  const { attempt } = line;
  const isNew = attempt !== undefined && line.late === undefined;
  const answered = attempt?.outcome === 'succeeded';
  const readyMs = Math.max(line.created, line.run_at ?? 0);
  const ended = line.ends === true && isTerminal(line.state);
  const compared = answered && attempt.dearest !== undefined && attempt.cost_is === 'exact';
  const one = (ms: number, counts: boolean): Histogram => (counts ? { [bucketOf(ms)]: 1 } : {});
  return {
    hour: Math.floor(line.at / hourMs),
    model: line.model,
    deployment: attempt?.deployment ?? '',
    outcome: isNew ? attempt.outcome : '',
    next: line.next ?? '',
    state: ended ? line.state : '',
    attempts: isNew ? 1 : 0,
    jobs: ended ? 1 : 0,
    moves: line.next === undefined || line.next === line.model ? 0 : 1,
    spent: line.spent,
    unknown: line.unknown,
    dearest: compared ? (attempt.dearest ?? '0') : '0',
    compared: compared ? line.spent : '0',
    ...movedBy(line),
    waits: one((attempt?.started ?? 0) - readyMs, isNew && attempt.n === 1),
    firstBytes: one(attempt?.first_byte_ms ?? 0, attempt?.first_byte_ms !== undefined),
    calls: one(line.at - (attempt?.started ?? 0), isNew && answered),
    totals: one(line.at - readyMs, ended && line.state === 'succeeded'),
  };
}

/** Lines of earlier versions name no cause; a premium had one cause only. */
function movedBy({ cause, premium }: LedgerLine): Pick<AnalyticsRow, 'cause' | 'premium'> {
  if (premium !== undefined) return { cause: 'promoted', premium };
  return cause === undefined ? {} : { cause };
}

const amounts = ['spent', 'unknown', 'dearest', 'compared', 'premium'] as const;
const histograms = ['waits', 'firstBytes', 'calls', 'totals'] as const;

/** Sums rows up: one row for all that are equal in what they are about. */
export interface AnalyticsSum {
  add(row: AnalyticsRow): void;
  /** In one order, whatever order they were added in. */
  rows(): readonly AnalyticsRow[];
}

/** A row that grows in place: sums are of thousands of rows. */
interface GrowingRow {
  readonly about: Pick<
    AnalyticsRow,
    'hour' | 'model' | 'deployment' | 'outcome' | 'next' | 'state' | 'cause'
  >;
  readonly counts: { attempts: number; jobs: number; moves: number };
  readonly amounts: bigint[];
  readonly histograms: readonly Record<string, number>[];
}

/** @param grain `day` forgets the hours: each row stands at its day's first one. */
export function createAnalyticsSum(grain: 'hour' | 'day'): AnalyticsSum {
  const growing = new Map<string, GrowingRow>();
  return {
    add(row) {
      const hour = grain === 'day' ? row.hour - (row.hour % 24) : row.hour;
      const { model, deployment, outcome, next, state, cause } = row;
      const moved = cause === undefined ? {} : { cause };
      const about = { hour, model, deployment, outcome, next, state, ...moved };
      const key = JSON.stringify(Object.values(about));
      const known = growing.get(key) ?? emptyRow(about);
      growing.set(key, known);
      grow(known, row);
    },
    rows: () =>
      [...growing]
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([, grown]) => rowOf(grown)),
  };
}

export function mergeAnalytics(
  rows: readonly AnalyticsRow[],
  grain: 'hour' | 'day',
): readonly AnalyticsRow[] {
  const sum = createAnalyticsSum(grain);
  for (const row of rows) sum.add(row);
  return sum.rows();
}

function emptyRow(about: GrowingRow['about']): GrowingRow {
  return {
    about,
    counts: { attempts: 0, jobs: 0, moves: 0 },
    amounts: amounts.map(() => 0n),
    histograms: histograms.map(() => ({})),
  };
}

function grow(grown: GrowingRow, row: AnalyticsRow): void {
  grown.counts.attempts += row.attempts;
  grown.counts.jobs += row.jobs;
  grown.counts.moves += row.moves;
  for (const [place, name] of amounts.entries()) {
    grown.amounts[place] = (grown.amounts[place] ?? 0n) + BigInt(row[name] ?? 0);
  }
  for (const [place, name] of histograms.entries()) {
    const own = grown.histograms[place];
    if (own !== undefined) addHistogram(own, row[name]);
  }
}

function rowOf({ about, counts, ...grown }: GrowingRow): AnalyticsRow {
  const texts = amounts
    .map((name, place) => [name, (grown.amounts[place] ?? 0n).toString()])
    .filter(([name, text]) => name !== 'premium' || text !== '0');
  const counted = histograms.map((name, place) => [name, grown.histograms[place] ?? {}]);
  const rest = Object.fromEntries([...texts, ...counted]);
  // All amounts and histograms are among them.
  return { ...about, ...counts, ...(rest as Pick<AnalyticsRow, SummedName>) };
}

type SummedName = (typeof amounts)[number] | (typeof histograms)[number];
