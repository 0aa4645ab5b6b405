/**
 * The one error class of Forebay: a code from the catalogue, a text that says what to do, and
 * where it applies. Expected outcomes are values; this is for what stops a request or a process.
 */
import { type ErrorCode, type ErrorEntry, errorCatalog } from './error-catalog.ts';

const marker = Symbol.for('forebay.error');

/** One problem inside a request: a JSON pointer, a code, and a text with the remedy. */
export interface ErrorDetail {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

export interface ForebayErrorOptions {
  /** The field that is wrong, as the caller wrote it, such as `max_cost_usd`. */
  readonly param?: string;
  readonly errors?: readonly ErrorDetail[];
  /** How long the caller should wait before trying again, in whole seconds. */
  readonly retryAfterSeconds?: number;
  /** Name of the limit that was reached, as `RateLimit-Policy` tells it. */
  readonly violatedPolicy?: string;
  readonly cause?: unknown;
}

export class ForebayError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly errors: readonly ErrorDetail[];
  readonly retryAfterSeconds: number | undefined;
  readonly violatedPolicy: string | undefined;
  readonly [marker] = true;

  constructor(code: ErrorCode, detail: string, options: ForebayErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'ForebayError';
    this.code = code;
    this.param = options.param;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.violatedPolicy = options.violatedPolicy;
  }

  /** Status, title and retryability of this error's code. */
  get entry(): ErrorEntry {
    return errorCatalog[this.code];
  }

  /** Recognises our errors by marker, so that two copies of this package still agree. */
  static is(value: unknown): value is ForebayError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
