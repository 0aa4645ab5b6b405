/** One request as data. */

/** What every method of the client takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ApiCall extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Begins with a slash, percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `always`: a repetition changes nothing, so it may follow also when the answer was lost.
   * `when_refused`: only an answer that says "not done, try later" may be followed by another try.
   */
  readonly repeat: 'always' | 'when_refused';
  /** Instead of the client's own. */
  readonly timeoutMs?: number | undefined;
}

export interface ApiAnswer {
  /** 2xx or 304. */
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; `undefined` when there is none. */
  readonly body: unknown;
}
