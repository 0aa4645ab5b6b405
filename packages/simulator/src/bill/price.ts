/** Rates of one model, in nano-dollars per million tokens. */
export interface Rates {
  inputPerMillionNanoUsd: bigint;
  cachedInputPerMillionNanoUsd: bigint;
  outputPerMillionNanoUsd: bigint;
  /** Of reasoning; as other output when absent. */
  reasoningPerMillionNanoUsd?: bigint;
}

/** What one model costs. */
export interface Price extends Rates {
  /** Once for each call, besides its tokens. */
  perCallNanoUsd?: bigint;
  /** Rates of prompts with more tokens than that, for all tokens of such a call. */
  long?: { abovePromptTokens: number; rates: Rates };
}

/** What a call really used, whatever the answer says about it. */
export interface TrueUsage {
  promptTokens: number;
  /** The part of the prompt that was read from the cache. */
  cachedTokens: number;
  /** Everything generated, reasoning included. */
  completionTokens: number;
  reasoningTokens: number;
}

const NANO_DIGITS = 9;
const TOKENS_PER_PRICE = 1_000_000n;

/** Reads a decimal amount of dollars such as "0.15"; null when it is none or too fine. */
export function parseUsd(text: string): bigint | null {
  const match = /^(\d{1,7})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[2] ?? '').padEnd(NANO_DIGITS, '0');
  return BigInt(`${match[1] ?? '0'}${fraction}`);
}

/** Exact cost of one call: all parts added first, rounded up to a whole nano-dollar once. */
export function costNanoUsd(price: Price, usage: TrueUsage): bigint {
  const { long } = price;
  const rates =
    long !== undefined && usage.promptTokens > long.abovePromptTokens ? long.rates : price;
  const fresh = BigInt(usage.promptTokens - usage.cachedTokens);
  const spoken = BigInt(usage.completionTokens - usage.reasoningTokens);
  const reasoningRate = rates.reasoningPerMillionNanoUsd ?? rates.outputPerMillionNanoUsd;
  const total =
    fresh * rates.inputPerMillionNanoUsd +
    BigInt(usage.cachedTokens) * rates.cachedInputPerMillionNanoUsd +
    spoken * rates.outputPerMillionNanoUsd +
    BigInt(usage.reasoningTokens) * reasoningRate;
  return (total + TOKENS_PER_PRICE - 1n) / TOKENS_PER_PRICE + (price.perCallNanoUsd ?? 0n);
}
