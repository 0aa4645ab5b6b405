/** Makes a rollup of ledger lines: the same lines give the same rollup. */
import { isTerminal } from '../domain/job-state.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import { analyticsOf, mergeAnalytics } from './analytics-rows.ts';
import { answersOf, mergeAnswers } from './answer-rows.ts';
import type { Rollup } from './block-codec.ts';
import { mergeBlocks } from './merge-blocks.ts';
import { hourMs } from './rollup-names.ts';
import {
  type TextColumn,
  type UsageBlock,
  type UsageMetric,
  usageDimensions,
  usageMetrics,
} from './usage-block.ts';

/** Stands for the state of a job that went on after the attempt. */
export const movedState = 'moved';

/** @param metadataKeys the declared ones; what else a job carries is in the segments only. */
export function rollUpLines(lines: readonly LedgerLine[], metadataKeys: readonly string[]): Rollup {
  const names = [...usageDimensions, ...metadataKeys.map((key) => `metadata.${key}`)];
  const facts = lines.map((line) => textsOf(line, metadataKeys));
  const texts = names.map((name, index): [string, TextColumn] => [
    name,
    dictionaryOf(facts.map((values) => values[index] ?? '')),
  ]);
  const metrics = usageMetrics.map((metric) => [
    metric,
    Float64Array.from(lines, (line) => metricsOf[metric](line)),
  ]);
  const plain: UsageBlock = {
    rows: lines.length,
    hours: Uint32Array.from(lines, ({ at }) => Math.floor(at / hourMs)),
    texts: new Map(texts),
    // Made from all metrics just above.
    metrics: Object.fromEntries(metrics) as UsageBlock['metrics'],
  };
  return {
    usage: mergeBlocks([plain], 'hour'),
    analytics: mergeAnalytics(lines.map(analyticsOf), 'hour'),
    answers: mergeAnswers(lines.flatMap(answersOf), 'hour'),
  };
}

/** In the order of the dimensions. */
function textsOf(line: LedgerLine, metadataKeys: readonly string[]): readonly string[] {
  const { attempt, metadata } = line;
  return [
    line.model,
    attempt?.deployment ?? '',
    line.key ?? '',
    line.user ?? '',
    line.batch ?? '',
    isTerminal(line.state) ? line.state : movedState,
    (line.tags ?? []).toSorted().join(' '),
    ...metadataKeys.map((key) => metadata?.[key] ?? ''),
  ];
}

function dictionaryOf(texts: readonly string[]): TextColumn {
  const known = new Map<string, number>();
  const codes = Uint32Array.from(texts, (text) => {
    const code = known.get(text) ?? known.size;
    known.set(text, code);
    return code;
  });
  return { values: [...known.keys()], codes };
}

/** A line that corrects tells of no new attempt. Amounts are below 2^53, as all of ours are. */
const metricsOf: Readonly<Record<UsageMetric, (line: LedgerLine) => number>> = {
  jobs: ({ ends }) => (ends === true ? 1 : 0),
  attempts: ({ attempt, late }) => (attempt === undefined || late === true ? 0 : 1),
  inputTokens: ({ attempt }) => attempt?.usage?.inputTokens ?? 0,
  cachedInputTokens: ({ attempt }) => attempt?.usage?.cachedInputTokens ?? 0,
  cacheWriteTokens: ({ attempt }) => attempt?.usage?.cacheWriteTokens ?? 0,
  outputTokens: ({ attempt }) => attempt?.usage?.outputTokens ?? 0,
  reasoningTokens: ({ attempt }) => attempt?.usage?.reasoningTokens ?? 0,
  spent: ({ spent }) => Number(spent),
  unknown: ({ unknown }) => Number(unknown),
};
