/**
 * The training prompts that are most like a prompt, by the cosine of their most telling columns.
 * An inverted index: the cost follows from how many prompts share a column, not from their number.
 */
import type { SparseMatrix } from './sparse-matrix.ts';

/** Columns by which a prompt is found; the others hardly move the cosine. */
const tellingColumns = 48;

export interface NeighbourIndex {
  readonly rows: number;
  /** Where the postings of each column begin; one more than there are columns. */
  readonly starts: Int32Array;
  readonly postingRows: Int32Array;
  readonly postingValues: Float32Array;
}

export interface Neighbours {
  /** Rows of the index, most similar first. */
  readonly rows: Int32Array;
  /** From 0 to 1. */
  readonly similarities: Float32Array;
}

interface ColumnValue {
  readonly column: number;
  readonly value: number;
}

/** @param sparseWidth only columns below it count; dense figures are no words. */
export function buildNeighbourIndex(matrix: SparseMatrix, sparseWidth: number): NeighbourIndex {
  const telling = Array.from({ length: matrix.rows }, (_, row) =>
    tellingOf(matrix, row, sparseWidth),
  );
  const starts = new Int32Array(sparseWidth + 1);
  for (const columns of telling) {
    for (const { column } of columns) starts[column + 1] = (starts[column + 1] ?? 0) + 1;
  }
  for (let column = 0; column < sparseWidth; column += 1) {
    starts[column + 1] = (starts[column + 1] ?? 0) + (starts[column] ?? 0);
  }
  const size = starts[sparseWidth] ?? 0;
  const postingRows = new Int32Array(size);
  const postingValues = new Float32Array(size);
  const next = starts.slice();
  for (const [row, columns] of telling.entries()) {
    for (const { column, value } of columns) {
      const at = next[column] ?? 0;
      postingRows[at] = row;
      postingValues[at] = value;
      next[column] = at + 1;
    }
  }
  return { rows: matrix.rows, starts, postingRows, postingValues };
}

/** The most telling columns of one row, scaled to length 1. */
export function tellingOf(matrix: SparseMatrix, row: number, sparseWidth: number): ColumnValue[] {
  const found: ColumnValue[] = [];
  const end = matrix.starts[row + 1] ?? 0;
  for (let at = matrix.starts[row] ?? 0; at < end; at += 1) {
    const column = matrix.columns[at] ?? 0;
    if (column < sparseWidth) found.push({ column, value: matrix.values[at] ?? 0 });
  }
  const telling = found
    .sort((left, right) => right.value - left.value || left.column - right.column)
    .slice(0, tellingColumns);
  const length = Math.sqrt(telling.reduce((sum, { value }) => sum + value * value, 0));
  return telling.map(({ column, value }) => ({ column, value: value / Math.max(length, 1e-12) }));
}

export type NeighbourFinder = (telling: readonly ColumnValue[], most: number) => Neighbours;

/** Finds neighbours one prompt after another; keeps one sum for each row of the index. */
export function neighbourFinder(index: NeighbourIndex): NeighbourFinder {
  const sums = new Float32Array(index.rows);
  return (telling, most) => {
    const touched: number[] = [];
    for (const { column, value } of telling) {
      const end = index.starts[column + 1] ?? 0;
      for (let at = index.starts[column] ?? 0; at < end; at += 1) {
        const row = index.postingRows[at] ?? 0;
        const sum = sums[row] ?? 0;
        if (sum === 0) touched.push(row);
        sums[row] = sum + value * (index.postingValues[at] ?? 0);
      }
    }
    const best = largest(touched, sums, most);
    const similarities = Float32Array.from(best, (row) => Math.min(1, sums[row] ?? 0));
    for (const row of touched) sums[row] = 0;
    return { rows: best, similarities };
  };
}

/** The rows with the largest sums, largest first: a threshold drops most of them before sorting. */
function largest(rows: number[], sums: Float32Array, most: number): Int32Array {
  const byless = (left: number, right: number): number =>
    (sums[right] ?? 0) - (sums[left] ?? 0) || left - right;
  if (rows.length <= 4 * most) return Int32Array.from(rows.sort(byless).slice(0, most));
  const floor = thresholdOf(rows, sums, most);
  const left = rows.filter((row) => (sums[row] ?? 0) >= floor);
  return Int32Array.from(left.sort(byless).slice(0, most));
}

const bucketCount = 256;

/** The lower edge of the bucket in which the `most`-th largest sum lies. */
function thresholdOf(rows: readonly number[], sums: Float32Array, most: number): number {
  const counts = new Int32Array(bucketCount);
  const bucketOf = (row: number): number =>
    Math.min(bucketCount - 1, Math.floor((sums[row] ?? 0) * bucketCount));
  for (const row of rows) {
    const bucket = bucketOf(row);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  let count = 0;
  for (let bucket = bucketCount - 1; bucket > 0; bucket -= 1) {
    count += counts[bucket] ?? 0;
    if (count >= most) return bucket / bucketCount;
  }
  return 0;
}

/** How neighbours are averaged. */
export interface NeighbourSetting {
  readonly most: number;
  /** Similarities are raised to this power. */
  readonly power: number;
}

/** A similarity that is no more than chance; far neighbours pull towards 0, which is the mean. */
const chanceSimilarity = 0.3;

/** The weighted mean of the neighbours' targets, drawn to 0 where there are few or far ones. */
export function averageNeighbours(
  { rows, similarities }: Neighbours,
  targets: { readonly values: Float32Array; readonly observed: Float32Array; count: number },
  { most, power }: NeighbourSetting,
): Float32Array {
  const { values, observed, count } = targets;
  const sums = new Float64Array(count);
  const weights = new Float64Array(count).fill(2 * chanceSimilarity ** power);
  const end = Math.min(most, rows.length);
  for (let at = 0; at < end; at += 1) {
    const weight = (similarities[at] ?? 0) ** power;
    const from = (rows[at] ?? 0) * count;
    for (let target = 0; target < count; target += 1) {
      const counts = weight * (observed[from + target] ?? 0);
      sums[target] = (sums[target] ?? 0) + counts * (values[from + target] ?? 0);
      weights[target] = (weights[target] ?? 0) + counts;
    }
  }
  return Float32Array.from(sums, (sum, target) => sum / (weights[target] ?? 1));
}
