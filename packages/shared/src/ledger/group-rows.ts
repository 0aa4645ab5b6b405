/** Numbers the groups of rows that are equal in some columns. */

export interface CodeColumn {
  readonly codes: ArrayLike<number>;
  /** Every code is below this. */
  readonly size: number;
}

export interface RowGroups {
  /** For each row the number of its group. */
  readonly groupOf: Uint32Array;
  /** For each group a row of it. */
  readonly example: readonly number[];
}

/** One pass for each column: the group so far and the code make the next group. */
export function groupRows(rows: number, columns: readonly CodeColumn[]): RowGroups {
  const groupOf = new Uint32Array(rows);
  let count = rows === 0 ? 0 : 1;
  for (const { codes, size } of columns) {
    if (size > 1) count = splitGroups(groupOf, { codes, size, count });
  }
  const example: number[] = [];
  for (let row = 0; row < rows; row += 1) example[groupOf[row] ?? 0] ??= row;
  return { groupOf, example };
}

/** Above this a table of all combinations would cost more than it saves. */
const tableMax = 1 << 22;

function splitGroups(
  groupOf: Uint32Array,
  { codes, size, count }: CodeColumn & { readonly count: number },
): number {
  let next = 0;
  if (count * size <= tableMax) {
    const table = new Uint32Array(count * size);
    for (let row = 0; row < groupOf.length; row += 1) {
      const key = (groupOf[row] ?? 0) * size + (codes[row] ?? 0);
      const known = table[key] ?? 0;
      if (known === 0) {
        next += 1;
        table[key] = next;
      }
      groupOf[row] = (table[key] ?? 1) - 1;
    }
    return next;
  }
  const known = new Map<number, number>();
  for (let row = 0; row < groupOf.length; row += 1) {
    const key = (groupOf[row] ?? 0) * size + (codes[row] ?? 0);
    let group = known.get(key);
    if (group === undefined) {
      group = next;
      known.set(key, group);
      next += 1;
    }
    groupOf[row] = group;
  }
  return next;
}
