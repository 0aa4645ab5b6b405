/**
 * Models whose bill has no bound from what is sent: a worst case out of the rates of their tokens
 * would be none. Whatever list a price is from, it is taken for none then.
 */
import type { NanoUsd } from '../domain/money.ts';

/** Models that search for every request, asked or not. Others search with a hosted tool only. */
const searchingNames = /(^|\/)sonar(-|$)|[:-]online$|-search(-|$)/;
const researchingNames = /deep-?research/;
const paintingNames = /(^|[/-])image(-|$)/;

export interface ListedBill {
  /** What images and video cost that come out. */
  readonly pictures: 'unlisted' | 'as text' | 'dearer';
  /** What the list has for a call, apart from its tokens. */
  readonly perCall: NanoUsd | undefined;
}

export function searches(name: string): boolean {
  return searchingNames.test(name);
}

/** @returns why there is no bound, as in `it answers with images or video`. */
export function openBill(name: string, listed: ListedBill): string | undefined {
  if (researchingNames.test(name)) return 'it searches as often as it likes';
  if (searches(name) && (listed.perCall ?? 0n) === 0n) {
    return 'it searches for every request, and no price of that is listed';
  }
  // A request for text does not keep images away.
  const isUnlisted = listed.pictures === 'unlisted' && paintingNames.test(name);
  return isUnlisted || listed.pictures === 'dearer' ? 'it answers with images or video' : undefined;
}
