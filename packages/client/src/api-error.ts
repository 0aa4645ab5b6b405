/** The one error that the client throws for what the API said, or for its silence. */

const marker = Symbol.for('forebay.api-error');

/** One problem inside a request. */
export interface ApiErrorDetail {
  /** JSON pointer to the place. */
  readonly pointer: string;
  readonly code: string;
  /** What was expected, with the remedy. */
  readonly detail: string;
}

export interface ApiErrorFacts {
  /** HTTP status; `undefined` when no answer came. */
  readonly status: number | undefined;
  /**
   * Stable code of the API, see docs/errors.md. Without an answer of the API it is one of
   * `unreachable`, `timed_out`, `stream_broken`, `unexpected_answer`.
   */
  readonly code: string;
  /** The field that is wrong, where one is. */
  readonly param?: string | undefined;
  readonly errors?: readonly ApiErrorDetail[];
  /** What the operator's log calls this request. */
  readonly requestId?: string | undefined;
  /** How long the API asks to wait before another try. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the same request can succeed later. */
  readonly isRetryable: boolean;
  readonly cause?: unknown;
}

export class ForebayApiError extends Error {
  readonly status: number | undefined;
  readonly code: string;
  readonly param: string | undefined;
  readonly errors: readonly ApiErrorDetail[];
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isRetryable: boolean;
  readonly [marker] = true;

  constructor(message: string, facts: ApiErrorFacts) {
    super(message, { cause: facts.cause });
    this.name = 'ForebayApiError';
    this.status = facts.status;
    this.code = facts.code;
    this.param = facts.param;
    this.errors = facts.errors ?? [];
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.isRetryable = facts.isRetryable;
  }

  /** Recognises these errors by marker, so that two copies of this package still agree. */
  static is(value: unknown): value is ForebayApiError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
