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
    limitRequests: readLimit(headers, 'requests', 'limit'),
    remainingRequests: readLimit(headers, 'requests', 'remaining'),
    limitTokens: readLimit(headers, 'tokens', 'limit'),
    remainingTokens: readLimit(headers, 'tokens', 'remaining'),
  };
  return Object.values(rateLimits).every((value) => value === undefined) ? undefined : rateLimits;
}

/** In the names of the OpenAI API, or in those of Anthropic's. */
function readLimit(
  headers: ResponseHeaders,
  what: 'requests' | 'tokens',
  which: 'limit' | 'remaining',
): number | undefined {
  return (
    readCount(headers, `x-ratelimit-${which}-${what}`) ??
    readCount(headers, `anthropic-ratelimit-${what}-${which}`)
  );
}

function readCount(headers: ResponseHeaders, name: string): number | undefined {
  const text = headerValue(headers, name)?.trim();
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
