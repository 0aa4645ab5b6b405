/** `forebay evaluate`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
import {
  cheapestOf,
  defaultPair,
  evaluateRouting,
  modelResults,
  type PairChoice,
} from '@forebay/shared/learning/evaluate-routing';
import {
  type Judgement,
  judgeByFolds,
  judgeByPredictor,
} from '@forebay/shared/learning/judge-table';
import { allRows, type OutcomeTable } from '@forebay/shared/learning/outcome-table';
import { type PredictorFile, readPredictor } from '@forebay/shared/learning/predictor-file';
import { randomFrom } from '@forebay/shared/learning/train-predictor';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { evaluationDocument, evaluationText } from './evaluation-report.ts';
import { usualCosts } from './outcome-costs.ts';
import { plotCurve } from './plot-curve.ts';
import { readOutcomes } from './read-outcomes.ts';
import { StepProgress } from './step-progress.ts';

const defaultSeed = '1';

export async function runEvaluate(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const progress = new StepProgress(terminal);
  const artefact = readArtefact(options.text('artefact'));
  const outcomes = await readOutcomes(input, progress);
  const { table } = outcomes;
  const seed = Number(options.text('seed') ?? defaultSeed);
  const { costsUsd, source } = await usualCosts(input, table);
  // Before the long work: what is named must be there, and be comparable.
  choosePair(input, { table, rows: allRows(table), costsUsd });
  const judgement = judge(table, { artefact, seed, progress });
  progress.end();
  const { rows, predicted, seen, unknown } = judgement;
  if (rows.length === 0) {
    throw new UsageError('The predictor was trained on every prompt of the file; take others.');
  }
  const judged = { table, rows, predicted, costsUsd };
  const pair = choosePair(input, judged);
  requireKnown(pair, judgement, artefact);
  const result = evaluateRouting(judged, pair, randomFrom(seed));
  const unpaired = rows.length - result.prompts;
  const { skipped } = outcomes;
  const report = { result, seen, unknown, unpaired, costSource: source, skipped };
  const plot = options.text('plot');
  if (plot !== undefined) writePlot(plot, plotCurve(result));
  if (outcomes.scaledFrom !== undefined) {
    const { min, max } = outcomes.scaledFrom;
    terminal.note(`scores from ${min} to ${max} were brought to 0 … 1`);
  }
  terminal.out(evaluationText(report));
  terminal.document(evaluationDocument(report));
  return exitCode.done;
}

/** @throws UsageError when it cannot be read or is no predictor. */
function readArtefact(path: string | undefined): PredictorFile | undefined {
  if (path === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read (${why}).`);
  }
  const read = readPredictor(bytes);
  if (read.kind === 'refused') throw new UsageError(`${path}: ${read.why}.`);
  return read.file;
}

interface JudgeBy {
  readonly artefact: PredictorFile | undefined;
  readonly seed: number;
  readonly progress: StepProgress;
}

function judge(table: OutcomeTable, { artefact, seed, progress }: JudgeBy): Judgement {
  if (artefact !== undefined) return judgeByPredictor(table, artefact);
  return judgeByFolds(table, { seed, onProgress: (step, share) => progress.show(step, share) });
}

type JudgedRows = Parameters<typeof modelResults>[0];

function choosePair({ options }: CommandInput, judged: JudgedRows): PairChoice {
  const { models } = judged.table;
  const given = { strong: options.text('strong'), weak: options.text('weak') };
  for (const name of [given.strong, given.weak]) {
    if (name === undefined || models.includes(name)) continue;
    throw new UsageError(`The outcomes have no model "${name}"${didYouMean(name, models)}.`);
  }
  const results = modelResults(judged);
  const others = results.filter(({ model }) => model !== given.strong && model !== given.weak);
  const usual = defaultPair(results);
  const strong = given.strong ?? (given.weak === undefined ? usual?.strong : bestOf(others));
  const weak = given.weak ?? (given.strong === undefined ? usual?.weak : cheapestOf(others)?.model);
  if (strong === undefined || weak === undefined) {
    throw new UsageError('Routing needs outcomes of two models; the file has those of one.');
  }
  if (strong === weak) {
    throw new UsageError(`--strong and --weak are both "${strong}"; name two models.`);
  }
  requirePairs(judged, { strong, weak });
  return { strong, weak };
}

/** @throws UsageError when no prompt was answered by both. */
function requirePairs({ table, rows }: JudgedRows, { strong, weak }: PairChoice): void {
  const columns = [strong, weak].map((model) => table.models.indexOf(model));
  const scoreAt = (row: number, column: number): number =>
    table.scores[row * table.models.length + column] ?? Number.NaN;
  const isPaired = (row: number): boolean =>
    columns.every((column) => !Number.isNaN(scoreAt(row, column)));
  if (rows.some(isPaired)) return;
  const remedy = 'Grade answers of both to the same prompts, or name others: --strong, --weak.';
  throw new UsageError(`No prompt has outcomes of both "${strong}" and "${weak}". ${remedy}`);
}

/** @throws UsageError when the predictor can tell nothing of the choice between the two. */
function requireKnown(
  { strong, weak }: PairChoice,
  { unknown }: Judgement,
  artefact: PredictorFile | undefined,
): void {
  if (!unknown.includes(strong) || !unknown.includes(weak)) return;
  const known = artefact?.predictor.models.join(', ') ?? '';
  const remedy = 'Name others (--strong, --weak), or calibrate on outcomes of these.';
  throw new UsageError(
    `The predictor knows neither "${strong}" nor "${weak}"; it knows ${known}. ${remedy}`,
  );
}

type Results = ReturnType<typeof modelResults>;

function bestOf(results: Results): string | undefined {
  return results.toSorted((left, right) => right.quality - left.quality)[0]?.model;
}

function writePlot(path: string, picture: string): void {
  try {
    writeFileSync(path, picture);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be written (${why}).`);
  }
}
