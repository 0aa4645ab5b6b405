/**
 * What a call costs by its parts. Rates are nano-dollars per million tokens; what a row does not
 * say is filled in when it is made, so whoever prices a call finds a rate for every part.
 */
import type { NanoUsd, NanoUsdPerMillionTokens } from './money.ts';

/** Rates of the kinds of tokens that a provider bills apart. */
export interface TokenRates {
  /** Input that was neither read from a cache nor written into one. */
  readonly input: NanoUsdPerMillionTokens;
  /** Input that the provider read from its cache. */
  readonly cachedInput: NanoUsdPerMillionTokens;
  /** Input that the provider wrote into its cache. */
  readonly cacheWrite: NanoUsdPerMillionTokens;
  /** Output that was no reasoning. */
  readonly output: NanoUsdPerMillionTokens;
  /** Output that was reasoning. */
  readonly reasoning: NanoUsdPerMillionTokens;
}

/** Rates of a long request: all of its tokens cost these, not only those above the size. */
export interface PriceTier extends TokenRates {
  /** Holds for requests with more input tokens than this, cached ones counted. */
  readonly aboveInputTokens: number;
}

export interface PriceRow extends TokenRates {
  /**
   * Name, date and content of the row, such as `openai/gpt-5@2026-09-23+1f0c22ab`: two rows with
   * the same id cost the same.
   */
  readonly id: string;
  /** Where the price comes from, for people. */
  readonly source: string;
  /** The day for which it was looked up, such as `2026-09-23`; `undefined` when nobody said. */
  readonly asOf: string | undefined;
  /** By size, the smallest first. */
  readonly tiers: readonly PriceTier[];
  /** Comes on top of the tokens, once for each call. */
  readonly perRequest: NanoUsd;
  /** Comes on top of the tokens, once for each image of the request. */
  readonly perImage: NanoUsd;
}
