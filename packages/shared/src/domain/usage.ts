/** Token usage of one call, in one shape for every provider. All counts are whole tokens. */
export interface Usage {
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  /** The part of the input that the provider served from its cache. */
  readonly cachedInputTokens: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens: number;
  /** The part of the output that was reasoning. */
  readonly reasoningTokens: number;
}

/** No tokens at all: what a refused call used. */
export const noUsage: Usage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
