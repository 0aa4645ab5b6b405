/** What answers say about themselves in headers: request id and rate limits. */
import type { RateLimitHeaders } from '@forebay/shared/domain/rate-limits';
import type { ResponseHeaders } from './exchange.ts';

/** The first value of a header; names are lower case, as undici gives them. */
export function headerValue(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

const requestIdNames = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'];

/** The provider's id of the request, if it is a plain word. */
export function readRequestId(headers: ResponseHeaders): string | undefined {
  for (const name of requestIdNames) {
    const value = headerValue(headers, name)?.trim();
    if (value !== undefined && /^[\w.:-]{1,128}$/.test(value)) return value;
  }
  return undefined;
}

/** The provider's limits; `undefined` when it named none. */
export function readRateLimits(headers: ResponseHeaders): RateLimitHeaders | undefined {
  const rateLimits = {
    limitRequests: readCount(headers, 'x-ratelimit-limit-requests'),
    remainingRequests: readCount(headers, 'x-ratelimit-remaining-requests'),
    limitTokens: readCount(headers, 'x-ratelimit-limit-tokens'),
    remainingTokens: readCount(headers, 'x-ratelimit-remaining-tokens'),
  };
  return Object.values(rateLimits).every((value) => value === undefined) ? undefined : rateLimits;
}

function readCount(headers: ResponseHeaders, name: string): number | undefined {
  const text = headerValue(headers, name)?.trim();
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
