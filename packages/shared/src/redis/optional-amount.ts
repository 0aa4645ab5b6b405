/** Amounts that may be missing, as text inside stored JSON: whole nano-dollars, '' for none. */
import type { NanoUsd } from '../domain/money.ts';

export function amountText(amount: NanoUsd | undefined): string {
  return amount === undefined ? '' : amount.toString();
}

export function readAmount(text: string): NanoUsd | undefined {
  return text === '' ? undefined : BigInt(text);
}
