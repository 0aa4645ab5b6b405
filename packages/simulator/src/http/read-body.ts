import type { IncomingMessage } from 'node:http';

/** A body, or that it was too large. A caller who leaves makes the read reject. */
export type ReadBody = { kind: 'read'; body: Buffer } | { kind: 'too_large' };

/** Reads a whole request body up to a limit; the rest of a larger one is thrown away. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    // Without an encoding set, a request yields buffers only.
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size <= maxBytes) chunks.push(bytes);
  }
  return size > maxBytes ? { kind: 'too_large' } : { kind: 'read', body: Buffer.concat(chunks) };
}
