import type { Fault } from '../faults/fault.ts';

/** What a spoilt 200 holds instead of an answer. */
export interface Garbage {
  contentType: string;
  body: string;
}

/** The error object that some gateways wrap in a 200. */
export const WRAPPED_ERROR = {
  error: {
    message: 'Provider returned error (simulated).',
    type: 'server_error',
    param: null,
    code: 'upstream_error',
  },
};

/** An HTML page as a proxy in the way would send it. */
export const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>' +
  '<body><h1>Bad Gateway</h1><p>The server was reached through a proxy.</p></body></html>\n';

const BROKEN_JSON = '{"id":"chatcmpl-broken","object":"chat.completion","choices":[{"ind';

/** The spoilt body a fault stands for; null for faults that are none. */
export function garbageFor(fault: Fault, stream: boolean): Garbage | null {
  const contentType = stream ? 'text/event-stream; charset=utf-8' : 'application/json';
  const { kind } = fault;
  if (kind === 'html_body') return { contentType: 'text/html; charset=utf-8', body: HTML_PAGE };
  if (kind === 'empty_body') return { contentType, body: '' };
  if (kind === 'invalid_json') {
    const body = stream ? `data: ${BROKEN_JSON}\n\ndata: [DONE]\n\n` : BROKEN_JSON;
    return { contentType, body };
  }
  // Inside a stream the error comes as an event of its own, after some tokens.
  if (kind === 'error_in_200' && !stream) {
    return { contentType, body: JSON.stringify(WRAPPED_ERROR) };
  }
  return null;
}
