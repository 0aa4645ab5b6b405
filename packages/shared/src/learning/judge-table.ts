/**
 * What a predictor says of the prompts of a table, without having seen them: by folds that the
 * hash of each prompt decides, or by a trained predictor for the prompts that it was not trained
 * on.
 */
import { allRows, type OutcomeTable } from './outcome-table.ts';
import { openPredictor } from './predictor.ts';
import type { PredictorFile } from './predictor-file.ts';
import { splitScores } from './targets.ts';
import { trainPredictor } from './train-predictor.ts';

export interface Judgement {
  /** Rows of the table that count. */
  readonly rows: Int32Array;
  readonly predicted: Float32Array;
  /** Prompts that were left out because the predictor has been trained on them. */
  readonly seen: number;
  /** Models of the table that the predictor has never seen. */
  readonly unknown: readonly string[];
}

export interface FoldOptions {
  readonly seed: number;
  readonly onProgress: (step: string, share: number) => void;
}

const folds = 5;
/** Predicted at a time: bounds the memory that goes with it. */
const pageRows = 2_000;

/**
 * Five folds: each prompt is judged by a predictor that was trained on the other four. What folds
 * say is put on the same level: where a fold happens to be hard, the mean of the others is high,
 * so that means by themselves would order prompts of different folds the wrong way round.
 */
export function judgeByFolds(table: OutcomeTable, { seed, onProgress }: FoldOptions): Judgement {
  const predicted = new Float32Array(table.prompts.length * table.models.length);
  const foldOf = table.prompts.map(({ hash }) => Number.parseInt(hash.slice(0, 8), 16) % folds);
  const rows = allRows(table);
  const { means } = splitScores(table, rows);
  for (let fold = 0; fold < folds; fold += 1) {
    const held = rows.filter((row) => foldOf[row] === fold);
    const rest = rows.filter((row) => foldOf[row] !== fold);
    if (held.length === 0) continue;
    const part = `fold ${fold + 1} of ${folds}`;
    const { predictor } = trainPredictor(table, rest, {
      seed,
      onProgress: (step, share) => onProgress(`${part}, ${step}`, share),
    });
    const said = predictRows(openPredictor(predictor), table, held);
    const width = table.models.length;
    const level = said.map((score, at) => {
      const model = at % width;
      return score - (predictor.means[model] ?? 0) + (means[model] ?? 0);
    });
    fillRows(predicted, level, { rows: held, width });
  }
  return { rows, predicted, seen: 0, unknown: [] };
}

/** Models that the predictor does not know get the mean of what it says of the others. */
export function judgeByPredictor(table: OutcomeTable, file: PredictorFile): Judgement {
  const seen = new Set(file.promptHashes);
  const rows = allRows(table).filter((row) => !seen.has(table.prompts[row]?.hash ?? ''));
  const said = predictRows(openPredictor(file.predictor), table, rows);
  const known = file.predictor.models;
  const width = table.models.length;
  const predicted = new Float32Array(table.prompts.length * width);
  for (const [at, row] of rows.entries()) {
    const scores = said.subarray(at * known.length, (at + 1) * known.length);
    const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, known.length);
    for (const [column, model] of table.models.entries()) {
      predicted[row * width + column] = scores[known.indexOf(model)] ?? mean;
    }
  }
  const unknown = table.models.filter((model) => !known.includes(model));
  return { rows, predicted, seen: table.prompts.length - rows.length, unknown };
}

function predictRows(
  predictor: ReturnType<typeof openPredictor>,
  table: OutcomeTable,
  rows: Int32Array,
): Float32Array {
  const out = new Float32Array(rows.length * predictor.models.length);
  for (let first = 0; first < rows.length; first += pageRows) {
    const page = Array.from(rows.subarray(first, first + pageRows), (row) => table.prompts[row]);
    const { scores } = predictor.predict(page.filter((each) => each !== undefined));
    out.set(scores, first * predictor.models.length);
  }
  return out;
}

function fillRows(
  to: Float32Array,
  from: Float32Array,
  { rows, width }: { readonly rows: Int32Array; readonly width: number },
): void {
  for (const [at, row] of rows.entries()) {
    to.set(from.subarray(at * width, (at + 1) * width), row * width);
  }
}
