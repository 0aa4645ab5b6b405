/**
 * Which hashed places are worth a column: those that several training prompts share, weighted by
 * how telling they are. Also how dense figures are scaled. Made once from the training prompts.
 */
import { hashSpace, type PromptFeatures } from './prompt-features.ts';

export interface Vocabulary {
  /** The places of the columns, ascending. */
  readonly places: Int32Array;
  /** Weight of each column: rare ones tell more. */
  readonly idf: Float32Array;
  readonly denseMean: Float32Array;
  readonly denseScale: Float32Array;
}

/** One prompt in columns; the sparse part has length 1. */
export interface PromptVector {
  /** Each once, in no order. */
  readonly columns: Int32Array;
  readonly values: Float32Array;
  /** Standardised; a whole row has length 1 on average. */
  readonly dense: Float32Array;
  /** How much of the prompt the vocabulary knows, from 0 to 1. */
  readonly known: number;
}

/** A place that fewer prompts share teaches nothing about other prompts. */
const documentsMin = 2;
/** Standard deviations beyond which a dense figure is cut. */
const denseMax = 4;

/** @param columnsMax the rarest places go first when there are more. */
export function buildVocabulary(
  prompts: readonly PromptFeatures[],
  columnsMax: number,
): Vocabulary {
  const documents = countDocuments(prompts);
  const places = choosePlaces(documents, columnsMax);
  const idf = Float32Array.from(places, (place) =>
    Math.log((1 + prompts.length) / (1 + (documents[place] ?? 0))),
  );
  return { places, idf, ...measureDense(prompts) };
}

function countDocuments(prompts: readonly PromptFeatures[]): Uint32Array {
  const documents = new Uint32Array(hashSpace);
  for (const { places } of prompts) {
    for (const place of places) documents[place] = (documents[place] ?? 0) + 1;
  }
  return documents;
}

function choosePlaces(documents: Uint32Array, columnsMax: number): Int32Array {
  let least = documentsMin;
  let chosen = placesFrom(documents, least);
  while (chosen.length > columnsMax) {
    least += 1;
    chosen = placesFrom(documents, least);
  }
  return Int32Array.from(chosen);
}

function placesFrom(documents: Uint32Array, least: number): number[] {
  const places: number[] = [];
  for (const [place, count] of documents.entries()) if (count >= least) places.push(place);
  return places;
}

function measureDense(
  prompts: readonly PromptFeatures[],
): Pick<Vocabulary, 'denseMean' | 'denseScale'> {
  const width = prompts[0]?.dense.length ?? 0;
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (const { dense } of prompts) {
    for (const [at, value] of dense.entries()) {
      sums[at] = (sums[at] ?? 0) + value;
      squares[at] = (squares[at] ?? 0) + value * value;
    }
  }
  const count = Math.max(1, prompts.length);
  const denseMean = Float32Array.from(sums, (sum) => sum / count);
  const denseScale = Float32Array.from(squares, (square, at) => {
    const mean = (sums[at] ?? 0) / count;
    const variance = square / count - mean * mean;
    return variance > 1e-9 ? 1 / Math.sqrt(variance * width) : 0;
  });
  return { denseMean, denseScale };
}

/** Turns features into columns; made once for each vocabulary. */
export function vectorizerOf(vocabulary: Vocabulary): (prompt: PromptFeatures) => PromptVector {
  const columnOf = new Int32Array(hashSpace).fill(-1);
  for (const [column, place] of vocabulary.places.entries()) columnOf[place] = column;
  return (prompt) => toVector(prompt, vocabulary, columnOf);
}

function toVector(
  { places, counts, dense }: PromptFeatures,
  vocabulary: Vocabulary,
  columnOf: Int32Array,
): PromptVector {
  const columns = new Int32Array(places.length);
  const values = new Float32Array(places.length);
  let used = 0;
  for (const [at, place] of places.entries()) {
    const column = columnOf[place] ?? -1;
    if (column < 0) continue;
    columns[used] = column;
    values[used] = (1 + Math.log(counts[at] ?? 1)) * (vocabulary.idf[column] ?? 0);
    used += 1;
  }
  scaleToLength1(values);
  return {
    columns: columns.slice(0, used),
    values: values.slice(0, used),
    dense: scaleDense(dense, vocabulary),
    known: places.length === 0 ? 0 : used / places.length,
  };
}

function scaleToLength1(values: Float32Array): void {
  let squares = 0;
  for (const value of values) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (const [at, value] of values.entries()) values[at] = value * scale;
}

function scaleDense(dense: Float32Array, { denseMean, denseScale }: Vocabulary): Float32Array {
  const most = denseMax / Math.sqrt(Math.max(1, dense.length));
  return dense.map((value, at) => {
    const scaled = (value - (denseMean[at] ?? 0)) * (denseScale[at] ?? 0);
    return Math.max(-most, Math.min(most, scaled));
  });
}
