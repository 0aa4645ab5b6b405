/** The port to the requests of API keys, counted over all processes. */

export interface RequestLimit {
  /** Requests within any window. */
  readonly max: number;
  readonly windowMs: number;
}

export interface RateAnswer {
  /** Whether the request may go on; one that may not is not counted. */
  readonly isTaken: boolean;
  /** How many more may come now. */
  readonly left: number;
  /** Until one more may come. */
  readonly nextMs: number;
  /** Until as many may come as ever. */
  readonly fullMs: number;
}

export interface RequestRate {
  take(keyId: string, limit: RequestLimit): Promise<RateAnswer>;
}
