/** The larger of prices, where the dearer one must count. */
import type { NanoUsd } from '../domain/money.ts';

/** @returns `undefined` when none is known. */
export function dearestAmount(amounts: readonly (NanoUsd | undefined)[]): NanoUsd | undefined {
  return amounts.reduce(
    (most, each) => (most === undefined || (each !== undefined && each > most) ? each : most),
    undefined,
  );
}
