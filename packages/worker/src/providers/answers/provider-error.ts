/** An error object, in the forms that OpenAI, Google and servers compatible with them send. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { type RetryHint, readRetryHint } from '../http/retry-hint.ts';
import { detailWords } from './error-details.ts';

export interface ProviderError {
  /** Machine words from the most to the least exact: inner code, code, type, status. Lower case. */
  readonly words: readonly string[];
  /** The first of `words` as it was written. */
  readonly code: string | undefined;
  /** Untrusted: it can repeat the prompt or the key. */
  readonly message: string;
  /** An HTTP status named inside the object, as proxies do. */
  readonly status: number | undefined;
  /** How long it asks us to wait. */
  readonly retryHint: RetryHint | undefined;
}

/**
 * Finds the error in a parsed body: `{error: {...}}`, `{error: "..."}`, `[{error: ...}]`,
 * `{detail: ...}`, or message and code at the top.
 *
 * @returns `undefined` when the body is no error of a provider.
 */
export function readProviderError(body: unknown): ProviderError | undefined {
  const holder: unknown = Array.isArray(body) ? body[0] : body;
  if (!isJsonObject(holder)) return undefined;
  const { error, detail } = { error: holder['error'], detail: holder['detail'] };
  if (isJsonObject(error)) return fromObject(error, holder);
  if (typeof error === 'string' && error !== '') {
    return fromObject({ ...holder, message: holder['message'] ?? error });
  }
  if (typeof detail === 'string') return fromObject({ message: detail }, holder);
  if (Array.isArray(detail)) return fromObject({ message: JSON.stringify(detail) }, holder);
  const isError = holder['object'] === 'error' || holder['type'] === 'error';
  const hasCode = isCode(holder['code']) || isCode(holder['type']);
  const isTold = typeof holder['message'] === 'string' && (isError || hasCode);
  return isTold ? fromObject(holder) : undefined;
}

/** @param holder what the error is wrapped in; some say there how long to wait. */
function fromObject(error: JsonObject, holder: JsonObject = error): ProviderError {
  const inner = error['innererror'] ?? error['inner_error'];
  const candidates = [
    isJsonObject(inner) ? inner['code'] : undefined,
    ...detailWords(error['details']),
    error['code'],
    error['type'],
    error['status'],
  ].flatMap((value) => (typeof value === 'string' && isWord(value) ? [value] : []));
  const message = error['message'];
  return {
    words: candidates.map((word) => word.toLowerCase()),
    code: candidates[0],
    message: typeof message === 'string' ? message : '',
    status: readStatus(error['code']) ?? readStatus(error['status']),
    retryHint: readRetryHint(error, holder),
  };
}

/** A short plain word: safe to keep in records and to count by. */
function isWord(value: string): boolean {
  return /^[A-Za-z][\w.-]{0,63}$/.test(value);
}

function isCode(value: Json | undefined): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function readStatus(value: Json | undefined): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  if (typeof status !== 'number' || !Number.isInteger(status)) return undefined;
  return status >= 400 && status <= 599 ? status : undefined;
}
