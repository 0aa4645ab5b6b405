/** What an evaluation found, for people and for programs. */
import type { ModelResult, RoutingResult } from '@forebay/shared/learning/evaluate-routing';
import type { Interval } from '@forebay/shared/learning/route-curve';
import { formatTable } from '../terminal/format-table.ts';

export interface EvaluationReport {
  readonly result: RoutingResult;
  /** Prompts left out because the predictor was trained on them. */
  readonly seen: number;
  /** Models that the predictor has never seen. */
  readonly unknown: readonly string[];
  /** Prompts left out because not both of the models answered them. */
  readonly unpaired: number;
  readonly costSource: 'outcomes' | 'prices' | 'none';
  readonly skipped: number;
}

const costWords = {
  outcomes: 'costs as in the outcomes',
  prices: 'costs guessed from prices, with answers of 300 tokens',
  none: 'no costs known: the weak model is the one with the lowest score',
} as const;

export function evaluationText(report: EvaluationReport): string {
  const { result, seen, unpaired, costSource } = report;
  const single =
    unpaired > 0 ? `, ${unpaired} left out because not both of the models answered them` : '';
  const left = seen > 0 ? `, ${seen} left out because the predictor was trained on them` : '';
  return [
    `${result.prompts} prompts${single}${left}; ${costWords[costSource]}`,
    ...doubtsOf(report),
    `strong: ${result.strong}, weak: ${result.weak}`,
    '',
    curveText(result),
    formatTable(
      ['each prompt to', 'prompts', 'mean score', 'USD a call'],
      result.models.map((each) => [
        each.model,
        each.prompts,
        each.quality.toFixed(4),
        usd(each.costUsd),
      ]),
    ),
    choiceText(result),
    spreadText(result),
  ].join('\n');
}

/** What the figures do not rest on. */
function doubtsOf({ result, unknown, costSource }: EvaluationReport): string[] {
  const unpriced = result.models.filter((each) => Number.isNaN(each.costUsd));
  const names = unpriced.map(({ model }) => model).join(', ');
  const doubts: string[] = [];
  if (costSource !== 'none' && names !== '') {
    doubts.push(`no cost known of ${names}: left out where costs are compared`);
  }
  if (unknown.length > 0) {
    doubts.push(
      `not known to the predictor: ${unknown.join(', ')}; taken for the mean of what it knows`,
    );
  }
  return doubts;
}

function curveText({ curve, intervals, oracleApgr, strong, weak }: RoutingResult): string {
  if (curve === undefined) {
    return `${strong} scores no better than ${weak}: there is no gap to recover.\n`;
  }
  const measures = [
    ['APGR', curve.apgr.toFixed(4), interval(intervals.apgr)],
    ['APGR, random order', '0.5000', ''],
    ['APGR, best order', (oracleApgr ?? Number.NaN).toFixed(4), ''],
    ['CPT(50 %)', percent(curve.cpt50), interval(intervals.cpt50, percent)],
    ['CPT(80 %)', percent(curve.cpt80), interval(intervals.cpt80, percent)],
  ];
  const points = curve.points
    .filter((_, at) => at % 2 === 0)
    .map(({ share, quality, recovered }) => [
      percent(share),
      quality.toFixed(4),
      percent(recovered),
    ]);
  return [
    formatTable(['measure', 'value', '95 % interval'], measures),
    formatTable(['strong calls', 'mean score', 'gap recovered'], points),
  ].join('\n');
}

function choiceText({ choice }: RoutingResult): string {
  if (choice === undefined) return '  No prompt was answered by all models.\n';
  const { recovered } = choice;
  return formatTable(
    ['among all models', 'mean score'],
    [
      ['prompts that all answered', String(choice.prompts)],
      ['random', choice.random.toFixed(4)],
      ['best single model', choice.bestSingle.toFixed(4)],
      ['routed, whatever it costs', choice.routed.toFixed(4)],
      ['oracle', choice.oracle.toFixed(4)],
      ['of oracle over best single', recovered === undefined ? '-' : percent(recovered)],
    ],
  );
}

function spreadText({ spread }: RoutingResult): string {
  if (spread.length === 0) return '';
  return formatTable(
    ['a point of score is worth', 'mean score', 'USD a call'],
    spread.map(({ worthUsd, quality, costUsd }) => [
      Number.isFinite(worthUsd) ? `${usd(worthUsd)} USD` : 'any price',
      quality.toFixed(4),
      usd(costUsd),
    ]),
  );
}

/** Non-numbers become null in JSON. */
export function evaluationDocument(report: EvaluationReport) {
  const { result, seen, unknown, unpaired, costSource, skipped } = report;
  const { curve, intervals, choice } = result;
  const ci = ({ low, high }: Interval): readonly (number | null)[] => [orNull(low), orNull(high)];
  return {
    apgr: curve?.apgr ?? null,
    apgr_interval: ci(intervals.apgr),
    cpt_50: curve?.cpt50 ?? null,
    cpt_50_interval: ci(intervals.cpt50),
    cpt_80: curve?.cpt80 ?? null,
    cpt_80_interval: ci(intervals.cpt80),
    apgr_random: 0.5,
    apgr_oracle: result.oracleApgr ?? null,
    strong: result.strong,
    weak: result.weak,
    prompts: result.prompts,
    prompts_seen_in_training: seen,
    models_unknown_to_predictor: unknown,
    prompts_without_a_pair: unpaired,
    skipped_lines: skipped,
    costs_from: costSource,
    curve: curve?.points ?? [],
    models: result.models.map(({ model, prompts, quality, costUsd }: ModelResult) => ({
      model,
      prompts,
      quality: orNull(quality),
      cost_usd: orNull(costUsd),
    })),
    quality_intervals: { weak: ci(intervals.weak), strong: ci(intervals.strong) },
    choice: choiceDocument(choice),
    cost_quality: result.spread.map(({ worthUsd, quality, costUsd }) => ({
      score_worth_usd: orNull(worthUsd),
      quality,
      cost_usd: costUsd,
    })),
  };
}

function choiceDocument(choice: RoutingResult['choice']) {
  if (choice === undefined) return null;
  const { prompts, random, bestSingle, routed, oracle, recovered = null } = choice;
  return { prompts, random, best_single: bestSingle, routed, oracle, recovered };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function interval({ low, high }: Interval, write = (value: number) => value.toFixed(4)): string {
  return `${write(low)} … ${write(high)}`;
}

function usd(amount: number): string {
  return Number.isNaN(amount) ? '-' : amount.toPrecision(3);
}
