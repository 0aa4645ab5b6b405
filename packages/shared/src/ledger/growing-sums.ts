/** Exact sums of many groups that become more: what several blocks add, group by group. */
import type { ExactSums } from './exact-sums.ts';
import { amountPerRowMax } from './usage-block.ts';

export interface GrowingSums {
  /** Adds what a block has summed up: that of its group `from[i]` to our group `to[i]`. */
  add(sums: ExactSums, from: readonly number[], to: readonly number[]): void;
  of(group: number): bigint;
  total(): bigint;
}

const firstCapacity = 1_024;

export function createGrowingSums(): GrowingSums {
  let sums = new Float64Array(firstCapacity);
  const carried = new Map<number, bigint>();
  const carry = (group: number, amount: bigint): void => {
    carried.set(group, (carried.get(group) ?? 0n) + amount);
  };
  const addOne = (group: number, number: number): void => {
    if (group >= sums.length) {
      const larger = new Float64Array(Math.max(2 * sums.length, group + 1));
      larger.set(sums);
      sums = larger;
    }
    const before = sums[group] ?? 0;
    const sum = before + number;
    if (sum <= amountPerRowMax && sum >= -amountPerRowMax) {
      sums[group] = sum;
    } else {
      carry(group, BigInt(before) + BigInt(number));
      sums[group] = 0;
    }
  };
  return {
    add(more, from, to) {
      for (const [index, group] of from.entries()) {
        const number = more.sums[group] ?? 0;
        if (number !== 0) addOne(to[index] ?? 0, number);
      }
      if (more.carried.size === 0) return;
      for (const [index, group] of from.entries()) {
        const large = more.carried.get(group);
        if (large !== undefined) carry(to[index] ?? 0, large);
      }
    },
    of: (group) => BigInt(sums[group] ?? 0) + (carried.get(group) ?? 0n),
    total() {
      let total = 0n;
      for (const amount of carried.values()) total += amount;
      for (const sum of sums) if (sum !== 0) total += BigInt(sum);
      return total;
    },
  };
}
