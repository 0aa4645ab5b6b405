/** What a client is made with, and what that becomes once the defaults are in. */
import { type ClientClock, systemClientClock } from './runtime/client-clock.ts';

export interface ClientOptions {
  /** Where the API is, such as `https://forebay.example.com`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Tries after the first one, for what may pass; 4 when not given. */
  readonly retries?: number;
  /** The longest that one request may take, long polls aside; 60,000 when not given. */
  readonly timeoutMs?: number;
  /** Stands in for the global `fetch`; it must be able to stream both ways for `bulk`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Stands in for time and chance, in tests. */
  readonly clock?: ClientClock;
}

export interface ResolvedOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly retries: number;
  readonly timeoutMs: number;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: ClientClock;
}

const retriesDefault = 4;
const retriesMax = 20;
const timeoutMsDefault = 60_000;

/** @throws TypeError naming the option that is wrong. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { baseUrl, apiKey, retries = retriesDefault, timeoutMs = timeoutMsDefault } = options;
  if (!URL.canParse(baseUrl) || !/^https?:/i.test(baseUrl)) {
    throw new TypeError(`baseUrl: expected an http or https URL, got "${baseUrl}"`);
  }
  // A header with other characters would fail later, in words that do not name the key.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError('apiKey: expected the text of a key, such as fb_live_…');
  }
  if (!Number.isInteger(retries) || retries < 0 || retries > retriesMax) {
    throw new TypeError(`retries: expected a whole number from 0 to ${retriesMax}, got ${retries}`);
  }
  if (!(timeoutMs > 0)) {
    throw new TypeError(`timeoutMs: expected a number above 0, got ${timeoutMs}`);
  }
  return {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    apiKey,
    retries,
    timeoutMs,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    clock: options.clock ?? systemClientClock,
  };
}
