/**
 * What analytics needs of the ledger, much coarser than usage: for each hour and kind of ending a
 * row with counts, amounts and histograms. Amounts are decimal text of nano-dollars.
 */

import { isTerminal } from '../domain/job-state.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import { addHistograms, bucketOf, type Histogram } from './histogram.ts';
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
  /** How the job ended; '' while it goes on. */
  readonly state: string;
  readonly attempts: number;
  readonly jobs: number;
  readonly spent: string;
  readonly unknown: string;
  /** What the dearest candidates of answered attempts would have cost, and what these did. */
  readonly dearest: string;
  readonly compared: string;
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
    spent: line.spent,
    unknown: line.unknown,
    dearest: compared ? (attempt.dearest ?? '0') : '0',
    compared: compared ? line.spent : '0',
    waits: one((attempt?.started ?? 0) - readyMs, isNew && attempt.n === 1),
    firstBytes: one(attempt?.first_byte_ms ?? 0, attempt?.first_byte_ms !== undefined),
    calls: one(line.at - (attempt?.started ?? 0), isNew && answered),
    totals: one(line.at - readyMs, ended && line.state === 'succeeded'),
  };
}

/** One row for all that are equal in what they are about. */
export function mergeAnalytics(
  rows: readonly AnalyticsRow[],
  grain: 'hour' | 'day',
): readonly AnalyticsRow[] {
  const merged = new Map<string, AnalyticsRow>();
  for (const row of rows) {
    const hour = grain === 'day' ? row.hour - (row.hour % 24) : row.hour;
    const { model, deployment, outcome, next, state } = row;
    const key = JSON.stringify([hour, model, deployment, outcome, next, state]);
    const known = merged.get(key);
    merged.set(key, known === undefined ? { ...row, hour } : addRows(known, row));
  }
  const inOrder = [...merged].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return inOrder.map(([, row]) => row);
}

/** What `left` is about stays. */
function addRows(left: AnalyticsRow, right: AnalyticsRow): AnalyticsRow {
  const amount = (name: 'spent' | 'unknown' | 'dearest' | 'compared'): string =>
    (BigInt(left[name]) + BigInt(right[name])).toString();
  return {
    ...left,
    attempts: left.attempts + right.attempts,
    jobs: left.jobs + right.jobs,
    spent: amount('spent'),
    unknown: amount('unknown'),
    dearest: amount('dearest'),
    compared: amount('compared'),
    waits: addHistograms(left.waits, right.waits),
    firstBytes: addHistograms(left.firstBytes, right.firstBytes),
    calls: addHistograms(left.calls, right.calls),
    totals: addHistograms(left.totals, right.totals),
  };
}
