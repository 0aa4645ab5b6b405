/** What the provider said about its limits, as sent, for records and pacing. */
export interface RateLimitHeaders {
  readonly limitRequests: number | undefined;
  readonly remainingRequests: number | undefined;
  readonly limitTokens: number | undefined;
  readonly remainingTokens: number | undefined;
}
