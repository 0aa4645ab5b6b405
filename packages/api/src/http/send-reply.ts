/** Writes a reply value to the wire. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { ApiReply } from './api-call.ts';

/** Does nothing when the caller has gone or the reply has begun. */
export function sendReply(response: ServerResponse, reply: ApiReply): void {
  if (!begin(response, reply)) return;
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

/**
 * Sends a reply piece by piece, at the pace at which its receiver reads. `HEAD` gets no piece. A
 * receiver that takes nothing for too long is cut off, because what it holds is bounded for others.
 *
 * @returns when all is written or the receiver has gone.
 * @throws what the pieces threw; the connection is cut then, so that nobody takes a part for all.
 */
export async function sendChunks(
  response: ServerResponse,
  reply: ApiReply & { readonly chunks: AsyncIterable<string | Uint8Array> },
  clock: Clock,
): Promise<void> {
  if (!begin(response, reply) || response.req.method === 'HEAD') {
    // Nobody will ask for the pieces: whatever they hold must be let go all the same.
    await reply.chunks[Symbol.asyncIterator]().return?.();
    response.end();
    return;
  }
  response.flushHeaders();
  try {
    for await (const chunk of reply.chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await roomOrEnd(response, clock);
    }
  } catch (error) {
    response.destroy();
    throw error;
  }
  response.end();
}

function begin(response: ServerResponse, reply: ApiReply): boolean {
  if (response.headersSent || response.destroyed) return false;
  response.statusCode = reply.status;
  response.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  return true;
}

async function roomOrEnd(response: ServerResponse, clock: Clock): Promise<void> {
  const stall = clock.schedule(limits.receiverStallMs, () => response.destroy());
  const ended = new AbortController();
  const waits = ['drain', 'close'].map((name) => once(response, name, { signal: ended.signal }));
  try {
    await Promise.race(waits);
  } finally {
    stall.cancel();
    ended.abort();
    // The listener that lost the race rejects by this abort, which is no news.
    await Promise.allSettled(waits);
  }
}
