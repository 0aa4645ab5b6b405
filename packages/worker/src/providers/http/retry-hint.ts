/**
 * How long a provider asks us to wait, where its error says so in the body. Providers that send no
 * `Retry-After` do it in fields of their own or in the sentence for people. Never throws.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { readDurationMs } from './read-duration.ts';

/** A wait, or the moment until which to wait; milliseconds, not clamped. */
export type RetryHint =
  | { readonly kind: 'after'; readonly waitMs: number }
  | { readonly kind: 'at'; readonly atMs: number };

/** Sentences of errors are short; what is longer repeats a prompt. */
const sentenceCharactersMax = 2_000;

const detailsMax = 16;

/**
 * @param error the error object itself.
 * @param holder what it is wrapped in; its fields count where the error has none.
 */
export function readRetryHint(
  error: JsonObject,
  holder: JsonObject = error,
): RetryHint | undefined {
  const waitMs =
    readRetryInfo(error['details']) ?? readRetryFields(error) ?? readRetryFields(holder);
  if (waitMs !== undefined) return { kind: 'after', waitMs };
  const reset = readWrappedReset(error['metadata']);
  if (reset !== undefined) return reset;
  const { message } = error;
  return typeof message === 'string' ? readSentence(message) : undefined;
}

function readRetryFields(fields: JsonObject): number | undefined {
  return (
    readNumber(fields['retry_after_ms'] ?? fields['retryAfterMs'], 1) ??
    readNumber(fields['retry_after_seconds'] ?? fields['retryAfterSeconds'], 1_000) ??
    readSeconds(fields['retry_after'] ?? fields['retryAfter'])
  );
}

/** A number of seconds, or a duration with its units such as `20s`. */
function readSeconds(value: Json | undefined): number | undefined {
  const isWorded = typeof value === 'string' && /^\d.*[a-zµ]$/.test(value);
  return isWorded ? readDurationMs(value) : readNumber(value, 1_000);
}

const askText =
  /\b(?:try again|retry|wait)(?: your request)?(?: in| after| for)?(?: about)? (\d[\w.µ ]{0,40})/i;

/** Such as `Please try again in 1m30s.` or `Please retry in 13.4 seconds`. */
export function readSentence(sentence: string): RetryHint | undefined {
  const found = askText.exec(sentence.slice(0, sentenceCharactersMax));
  const waitMs = readWordedDuration(found?.[1]?.toLowerCase() ?? '');
  return waitMs === undefined ? undefined : { kind: 'after', waitMs };
}

const unitWords: Readonly<Record<string, string>> = {
  milliseconds: 'ms',
  millisecond: 'ms',
  seconds: 's',
  second: 's',
  secs: 's',
  sec: 's',
  minutes: 'm',
  minute: 'm',
  mins: 'm',
  min: 'm',
  hours: 'h',
  hour: 'h',
  days: 'd',
  day: 'd',
};

/** A duration at the start of a text. A number alone is none: it could count anything. */
function readWordedDuration(text: string): number | undefined {
  const [amount, word] = /^(\d+(?:\.\d+)?) ?([a-z]+)/.exec(text)?.slice(1) ?? [];
  const unit = unitWords[word ?? ''];
  if (unit !== undefined) return readDurationMs(`${amount}${unit}`);
  const compact = /^(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s))+(?![\wµ])/.exec(text)?.[0];
  return readDurationMs(compact);
}

/** Google's `RetryInfo` among the details of an error: `{retryDelay: "13s"}`. */
function readRetryInfo(details: Json | undefined): number | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details.slice(0, detailsMax)) {
    const delay = isJsonObject(detail) ? detail['retryDelay'] : undefined;
    const waitMs = typeof delay === 'string' ? readDurationMs(delay) : undefined;
    if (waitMs !== undefined) return waitMs;
  }
  return undefined;
}

/** Routers repeat the headers of the service behind them: `X-RateLimit-Reset` as a moment. */
function readWrappedReset(metadata: Json | undefined): RetryHint | undefined {
  const headers = isJsonObject(metadata) ? metadata['headers'] : undefined;
  if (!isJsonObject(headers)) return undefined;
  const reset = headers['X-RateLimit-Reset'] ?? headers['x-ratelimit-reset'];
  const atMs = readNumber(reset, 1);
  return atMs !== undefined && atMs > 1e12 ? { kind: 'at', atMs } : undefined;
}

function readNumber(value: Json | undefined, unitMs: number): number | undefined {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  return number * unitMs;
}
