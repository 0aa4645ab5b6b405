/** Token usage of one call, in one shape for every provider. All counts are whole tokens. */
export interface Usage {
  /** All input tokens, cached ones included. */
  readonly inputTokens: number;
  /** The part of the input that the provider served from its cache. */
  readonly cachedInputTokens: number;
  /** The part of the input that the provider wrote into its cache; absent when it told of none. */
  readonly cacheWriteTokens?: number;
  /** All output tokens, reasoning included. */
  readonly outputTokens: number;
  /** The part of the output that was reasoning. */
  readonly reasoningTokens: number;
}
