/**
 * Holds a router against outcomes: between a strong and a weak model (see `route-curve`), and
 * among all models by score less a price of cost, from "cost does not matter" to "nothing else".
 */
import type { OutcomeTable } from './outcome-table.ts';
import {
  bootstrapCurve,
  type CurveIntervals,
  type PairedOutcome,
  type RouteCurve,
  routeCurve,
} from './route-curve.ts';

/** Prompts of a table with what a predictor said of them without having seen them. */
export interface JudgedTable {
  readonly table: OutcomeTable;
  /** Rows of the table that count. */
  readonly rows: Int32Array;
  /** For every row of the table, one predicted score for each model of the table. */
  readonly predicted: Float32Array;
  /** Usual cost of a call, by model of the table, in US dollars; NaN where nobody knows. */
  readonly costsUsd: readonly number[];
}

export interface ModelResult {
  readonly model: string;
  /** Prompts that it answered. */
  readonly prompts: number;
  readonly quality: number;
  readonly costUsd: number;
}

/** A router among all models: what it got and paid for each prompt, on average. */
export interface SpreadPoint {
  /** What a point of quality is worth, in US dollars; infinite where cost does not matter. */
  readonly worthUsd: number;
  readonly quality: number;
  readonly costUsd: number;
}

export interface RoutingResult {
  readonly strong: string;
  readonly weak: string;
  /** Prompts that both have answered. */
  readonly prompts: number;
  readonly curve: RouteCurve | undefined;
  readonly intervals: CurveIntervals;
  /** What the best order of all would reach. */
  readonly oracleApgr: number | undefined;
  readonly models: readonly ModelResult[];
  /** `undefined` where no prompt was answered by all of them. */
  readonly choice: ModelChoice | undefined;
  readonly spread: readonly SpreadPoint[];
}

/** Among all models: the best choice for each prompt, the router's, and the best single model. */
export interface ModelChoice {
  /** Prompts that every model has answered. */
  readonly prompts: number;
  readonly oracle: number;
  readonly routed: number;
  readonly bestSingle: number;
  readonly random: number;
  /** Share of (oracle − best single) that the router gets; `undefined` where there is none. */
  readonly recovered: number | undefined;
}

export interface PairChoice {
  readonly strong: string;
  readonly weak: string;
}

const bootstrapDraws = 500;
/** Smaller differences are rounding: such prompts have the same advantage. */
const advantageSteps = 1e5;

export function evaluateRouting(
  judged: JudgedTable,
  pair: PairChoice,
  random: () => number,
): RoutingResult {
  const outcomes = pairedOutcomes(judged, pair);
  const perfect = outcomes.map((each) => ({
    ...each,
    advantage: each.strongScore - each.weakScore,
  }));
  return {
    ...pair,
    prompts: outcomes.length,
    curve: routeCurve(outcomes),
    intervals: bootstrapCurve(outcomes, { draws: bootstrapDraws, random }),
    oracleApgr: routeCurve(perfect)?.apgr,
    models: modelResults(judged),
    choice: chooseAmongAll(judged),
    spread: spreadOf(judged),
  };
}

/** Mean score and usual cost of each model over the rows that count. */
export function modelResults({
  table,
  rows,
  costsUsd,
}: Omit<JudgedTable, 'predicted'>): ModelResult[] {
  return table.models.map((model, column) => {
    let sum = 0;
    let prompts = 0;
    for (const row of rows) {
      const score = scoreAt(table, row, column);
      if (Number.isNaN(score)) continue;
      sum += score;
      prompts += 1;
    }
    const quality = prompts === 0 ? Number.NaN : sum / prompts;
    return { model, prompts, quality, costUsd: costsUsd[column] ?? Number.NaN };
  });
}

/** The best model by mean score, and the cheapest other one. */
export function defaultPair(models: readonly ModelResult[]): PairChoice | undefined {
  const answered = models.filter((each) => each.prompts > 0);
  const [strong, ...others] = answered.toSorted((left, right) => right.quality - left.quality);
  const weak = cheapestOf(others);
  return strong === undefined || weak === undefined
    ? undefined
    : { strong: strong.model, weak: weak.model };
}

/** Among those whose cost is known; the lowest score where none is. */
export function cheapestOf(models: readonly ModelResult[]): ModelResult | undefined {
  const price = (each: ModelResult): number =>
    Number.isNaN(each.costUsd) ? Number.POSITIVE_INFINITY : each.costUsd;
  return models.toSorted((left, right) =>
    price(left) === price(right) ? left.quality - right.quality : price(left) - price(right),
  )[0];
}

function scoreAt(table: OutcomeTable, row: number, column: number): number {
  return table.scores[row * table.models.length + column] ?? Number.NaN;
}

function pairedOutcomes(
  { table, rows, predicted }: JudgedTable,
  pair: PairChoice,
): PairedOutcome[] {
  const weak = table.models.indexOf(pair.weak);
  const strong = table.models.indexOf(pair.strong);
  const outcomes: PairedOutcome[] = [];
  for (const row of rows) {
    const weakScore = scoreAt(table, row, weak);
    const strongScore = scoreAt(table, row, strong);
    if (Number.isNaN(weakScore) || Number.isNaN(strongScore)) continue;
    const said = (column: number): number => predicted[row * table.models.length + column] ?? 0;
    const advantage = Math.round((said(strong) - said(weak)) * advantageSteps) / advantageSteps;
    outcomes.push({ weakScore, strongScore, advantage });
  }
  return outcomes;
}

/** Rows that every model of the columns has answered, with scores and predictions by model. */
function* wholeRows(
  { table, rows, predicted }: JudgedTable,
  columns: readonly number[] = [...table.models.keys()],
) {
  const width = table.models.length;
  for (const row of rows) {
    const scores = table.scores.subarray(row * width, (row + 1) * width);
    if (columns.some((column) => Number.isNaN(scores[column]))) continue;
    yield { scores, said: predicted.subarray(row * width, (row + 1) * width) };
  }
}

function chooseAmongAll(judged: JudgedTable): ModelChoice | undefined {
  const width = judged.table.models.length;
  const sums = new Float64Array(width);
  let oracle = 0;
  let routed = 0;
  let count = 0;
  for (const { scores, said } of wholeRows(judged)) {
    oracle += Math.max(...scores);
    routed += scores[largestPlace(said)] ?? 0;
    for (const [column, score] of scores.entries()) sums[column] = (sums[column] ?? 0) + score;
    count += 1;
  }
  if (count === 0) return undefined;
  const mean = (sum: number): number => sum / count;
  const bestSingle = mean(Math.max(...sums));
  const gap = mean(oracle) - bestSingle;
  return {
    prompts: count,
    oracle: mean(oracle),
    routed: mean(routed),
    bestSingle,
    random: mean(sums.reduce((sum, each) => sum + each, 0) / Math.max(1, width)),
    recovered: gap > 1e-9 ? (mean(routed) - bestSingle) / gap : undefined,
  };
}

function largestPlace(values: Float32Array): number {
  return values.reduce((best, value, at) => (value > (values[best] ?? 0) ? at : best), 0);
}

/** Worths of a point of quality from nothing to everything, among the models with a cost. */
function spreadOf(judged: JudgedTable): SpreadPoint[] {
  const { costsUsd } = judged;
  const columns = [...costsUsd.keys()].filter((column) => !Number.isNaN(costsUsd[column]));
  if (columns.length < 2 || wholeRows(judged, columns).next().done === true) return [];
  const dearest = Math.max(...columns.map((column) => costsUsd[column] ?? 0));
  const scale = dearest > 0 ? dearest : 1;
  const worths = [0, ...[0.3, 1, 2, 4, 8, 16, 32, 64, 128].map((times) => times * scale)];
  return [...worths, Number.POSITIVE_INFINITY].map((worthUsd) =>
    spreadPoint(judged, columns, worthUsd),
  );
}

function spreadPoint(
  judged: JudgedTable,
  columns: readonly number[],
  worthUsd: number,
): SpreadPoint {
  const { costsUsd } = judged;
  let quality = 0;
  let costUsd = 0;
  let count = 0;
  for (const { scores, said } of wholeRows(judged, columns)) {
    const values = columns.map((column) => {
      const score = said[column] ?? 0;
      const isFree = worthUsd === Number.POSITIVE_INFINITY;
      return isFree ? score : score * worthUsd - (costsUsd[column] ?? 0);
    });
    const chosen = columns[largestPlace(Float32Array.from(values))] ?? 0;
    quality += scores[chosen] ?? 0;
    costUsd += costsUsd[chosen] ?? 0;
    count += 1;
  }
  return { worthUsd, quality: quality / Math.max(1, count), costUsd: costUsd / Math.max(1, count) };
}
