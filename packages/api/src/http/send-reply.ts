/** Writes a reply value to the wire. */
import type { ServerResponse } from 'node:http';
import type { ApiReply } from './api-call.ts';

/** Does nothing when the caller has gone or the reply has begun. */
export function sendReply(response: ServerResponse, reply: ApiReply): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = reply.status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const text = reply.text ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
  if (text === undefined) {
    response.end();
    return;
  }
  const bytes = Buffer.from(text);
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}
