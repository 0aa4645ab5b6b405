/** Dollars out of price lists that keep them as floating point numbers. */
import { ceilingNanoUsdMax, type NanoUsd } from '../domain/money.ts';

const numberPattern = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * The nano-dollars of `value × 10^shift` dollars, exact for the shortest decimal form of the
 * value, and rounded up where that has more than nine digits.
 *
 * @param shift 6 makes a price per million tokens out of one per token.
 * @returns `undefined` for what is no amount: negative, not finite, or above the largest ceiling.
 */
export function nanoUsdUp(value: unknown, shift: number): NanoUsd | undefined {
  if (typeof value !== 'number') return undefined;
  const match = numberPattern.exec(String(value));
  if (match?.[1] === undefined) return undefined;
  const fraction = match[2] ?? '';
  const digits = BigInt(match[1] + fraction);
  const exponent = Number(match[3] ?? 0) - fraction.length + nanoDigits + shift;
  // Beyond this no number has a digit left that counts.
  if (Math.abs(exponent) > exponentMax) return digits === 0n ? 0n : undefined;
  const amount = exponent >= 0 ? digits * 10n ** BigInt(exponent) : dividedUp(digits, -exponent);
  return amount <= ceilingNanoUsdMax ? amount : undefined;
}

const nanoDigits = 9;
const exponentMax = 60;

function dividedUp(digits: bigint, zeros: number): bigint {
  const divisor = 10n ** BigInt(zeros);
  return (digits + divisor - 1n) / divisor;
}
