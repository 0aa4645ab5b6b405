/** Sums of whole numbers for many groups, exact beyond 2^53. Each number is below 2^53. */
import { amountPerRowMax, type NumberColumn } from './usage-block.ts';

export interface ExactSums {
  /** Whole unless `carried` has more of the group. */
  readonly sums: Float64Array;
  readonly carried: ReadonlyMap<number, bigint>;
}

export interface SummedRows {
  readonly groupOf: Uint32Array;
  readonly groups: number;
  /** 0 for rows that do not count; all do without it. */
  readonly isKept?: Uint8Array;
}

export function sumByGroup(column: NumberColumn, summed: SummedRows): ExactSums {
  const { groupOf, groups, isKept } = summed;
  const sums = new Float64Array(groups);
  const carried = new Map<number, bigint>();
  // Some figures are nearly always nothing, such as tokens of a cache.
  if (!column.some((number) => number !== 0)) return { sums, carried };
  for (let row = 0; row < groupOf.length; row += 1) {
    if (isKept !== undefined && isKept[row] === 0) continue;
    const group = groupOf[row] ?? 0;
    const number = column[row] ?? 0;
    const sum = (sums[group] ?? 0) + number;
    if (sum <= amountPerRowMax && sum >= -amountPerRowMax) {
      sums[group] = sum;
      continue;
    }
    // Both are exact, their sum as a double may not be.
    const more = BigInt(sums[group] ?? 0) + BigInt(number);
    carried.set(group, (carried.get(group) ?? 0n) + more);
    sums[group] = 0;
  }
  return { sums, carried };
}

export function sumOf({ sums, carried }: ExactSums, group: number): bigint {
  return BigInt(sums[group] ?? 0) + (carried.get(group) ?? 0n);
}
