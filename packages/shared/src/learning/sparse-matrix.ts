/** Rows of sparse columns and of dense figures behind them, in one piece of memory. */
import type { PromptVector } from './vocabulary.ts';

export interface SparseMatrix {
  readonly rows: number;
  /** Sparse columns, then dense ones. */
  readonly width: number;
  /** Where each row begins; one more than there are rows. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/**
 * A row of a matrix holds the sparse columns, then the dense ones with `sparseWidth` added.
 *
 * @param vectors gone through twice, so that they need not all be there at once.
 */
export function matrixOf(vectors: Iterable<PromptVector>, sparseWidth: number): SparseMatrix {
  let rows = 0;
  let size = 0;
  let denseWidth = 0;
  for (const vector of vectors) {
    rows += 1;
    denseWidth = vector.dense.length;
    size += vector.columns.length + denseWidth;
  }
  const starts = new Int32Array(rows + 1);
  const columns = new Int32Array(size);
  const values = new Float32Array(size);
  let row = 0;
  let end = 0;
  for (const vector of vectors) {
    columns.set(vector.columns, end);
    values.set(vector.values, end);
    end += vector.columns.length;
    for (const [at, value] of vector.dense.entries()) {
      columns[end] = sparseWidth + at;
      values[end] = value;
      end += 1;
    }
    row += 1;
    starts[row] = end;
  }
  return { rows, width: sparseWidth + denseWidth, starts, columns, values };
}

/** Some rows of a matrix, in the order given. */
export function pickRows(matrix: SparseMatrix, rows: Int32Array): SparseMatrix {
  const lengthOf = (row: number): number =>
    (matrix.starts[row + 1] ?? 0) - (matrix.starts[row] ?? 0);
  const size = rows.reduce((sum, row) => sum + lengthOf(row), 0);
  const starts = new Int32Array(rows.length + 1);
  const columns = new Int32Array(size);
  const values = new Float32Array(size);
  let end = 0;
  for (const [at, row] of rows.entries()) {
    const from = matrix.starts[row] ?? 0;
    const to = matrix.starts[row + 1] ?? 0;
    columns.set(matrix.columns.subarray(from, to), end);
    values.set(matrix.values.subarray(from, to), end);
    end += to - from;
    starts[at + 1] = end;
  }
  return { ...matrix, rows: rows.length, starts, columns, values };
}

/** `out = matrix · weights`: one row of targets for each row. Both are row after row. */
export function multiply(matrix: SparseMatrix, weights: Float32Array, out: Float32Array): void {
  const targets = targetsOf(matrix.rows, out);
  let target = 0;
  for (; target + 3 <= targets; target += 3)
    multiplyThree(matrix, { from: weights, to: out }, target);
  for (; target < targets; target += 1) multiplyOne(matrix, { from: weights, to: out }, target);
}

/** `out = matrixᵀ · rows`. */
export function multiplyTransposed(
  matrix: SparseMatrix,
  rowValues: Float32Array,
  out: Float32Array,
): void {
  const targets = targetsOf(matrix.rows, rowValues);
  out.fill(0);
  let target = 0;
  for (; target + 3 <= targets; target += 3)
    spreadThree(matrix, { from: rowValues, to: out }, target);
  for (; target < targets; target += 1) spreadOne(matrix, { from: rowValues, to: out }, target);
}

// Training spends most of its time in the loops below. Three targets at a time, with sums that stay
// in registers, take half as long as a loop over any number of targets.

interface Product {
  readonly from: Float32Array;
  readonly to: Float32Array;
}

function multiplyThree(
  { rows, starts, columns, values }: SparseMatrix,
  { from: weights, to: out }: Product,
  target: number,
): void {
  const targets = targetsOf(rows, out);
  for (let row = 0; row < rows; row += 1) {
    const end = starts[row + 1] ?? 0;
    let first = 0;
    let second = 0;
    let third = 0;
    for (let at = starts[row] ?? 0; at < end; at += 1) {
      const value = values[at] ?? 0;
      const from = (columns[at] ?? 0) * targets + target;
      first += value * (weights[from] ?? 0);
      second += value * (weights[from + 1] ?? 0);
      third += value * (weights[from + 2] ?? 0);
    }
    const to = row * targets + target;
    out[to] = first;
    out[to + 1] = second;
    out[to + 2] = third;
  }
}

function multiplyOne(
  { rows, starts, columns, values }: SparseMatrix,
  { from: weights, to: out }: Product,
  target: number,
): void {
  const targets = targetsOf(rows, out);
  for (let row = 0; row < rows; row += 1) {
    const end = starts[row + 1] ?? 0;
    let sum = 0;
    for (let at = starts[row] ?? 0; at < end; at += 1) {
      sum += (values[at] ?? 0) * (weights[(columns[at] ?? 0) * targets + target] ?? 0);
    }
    out[row * targets + target] = sum;
  }
}

function spreadThree(
  { rows, starts, columns, values }: SparseMatrix,
  { from: rowValues, to: out }: Product,
  target: number,
): void {
  const targets = targetsOf(rows, rowValues);
  for (let row = 0; row < rows; row += 1) {
    const end = starts[row + 1] ?? 0;
    const from = row * targets + target;
    const first = rowValues[from] ?? 0;
    const second = rowValues[from + 1] ?? 0;
    const third = rowValues[from + 2] ?? 0;
    for (let at = starts[row] ?? 0; at < end; at += 1) {
      const value = values[at] ?? 0;
      const to = (columns[at] ?? 0) * targets + target;
      out[to] = (out[to] ?? 0) + value * first;
      out[to + 1] = (out[to + 1] ?? 0) + value * second;
      out[to + 2] = (out[to + 2] ?? 0) + value * third;
    }
  }
}

function spreadOne(
  { rows, starts, columns, values }: SparseMatrix,
  { from: rowValues, to: out }: Product,
  target: number,
): void {
  const targets = targetsOf(rows, rowValues);
  for (let row = 0; row < rows; row += 1) {
    const end = starts[row + 1] ?? 0;
    const rowValue = rowValues[row * targets + target] ?? 0;
    for (let at = starts[row] ?? 0; at < end; at += 1) {
      const to = (columns[at] ?? 0) * targets + target;
      out[to] = (out[to] ?? 0) + (values[at] ?? 0) * rowValue;
    }
  }
}

function targetsOf(rows: number, values: Float32Array): number {
  return rows === 0 ? 0 : values.length / rows;
}
