/** What one model costs, in nano-dollars per million tokens. */
export interface Price {
  inputPerMillionNanoUsd: bigint;
  cachedInputPerMillionNanoUsd: bigint;
  outputPerMillionNanoUsd: bigint;
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
  const fresh = BigInt(usage.promptTokens - usage.cachedTokens);
  const total =
    fresh * price.inputPerMillionNanoUsd +
    BigInt(usage.cachedTokens) * price.cachedInputPerMillionNanoUsd +
    BigInt(usage.completionTokens) * price.outputPerMillionNanoUsd;
  return (total + TOKENS_PER_PRICE - 1n) / TOKENS_PER_PRICE;
}
