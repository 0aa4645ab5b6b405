import type { Exchange } from '../http/exchange.ts';

/** The headers the real service puts on every answer, beside those of the rate limits. */
export function answerHeaders(
  exchange: Exchange,
  callId: string,
  contentType: string,
): Record<string, string> {
  return {
    'content-type': contentType,
    'x-request-id': `req_${callId}`,
    'openai-processing-ms': String(Math.round(exchange.elapsedMs)),
    'openai-version': '2020-10-01',
    'openai-organization': 'simulator',
  };
}
