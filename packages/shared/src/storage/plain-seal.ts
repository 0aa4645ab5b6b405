/**
 * The seal without encryption: it compresses, and it binds a blob to its tenant, job and field so
 * that a swapped or damaged one is refused. It hides nothing.
 *
 * Layout: format (1 byte) · SHA-256 over context and plain bytes (32 bytes) · body. A format that
 * encrypts gets a number of its own, so blobs of both kinds can stand side by side.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { ForebayError } from '../domain/forebay-error.ts';
import { limits } from '../domain/limits.ts';
import type { PayloadSeal, SealContext } from '../ports/payload-seal.ts';

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);

const format = { stored: 1, deflated: 2 } as const;
const digestBytes = 32;
const headerBytes = 1 + digestBytes;
/**
 * Below this the saving is not worth the time: setting a compressor up costs about a tenth of a
 * millisecond and a quarter of a megabyte, whatever there is to compress.
 */
const compressFromBytes = 4_096;
/** What opening a small blob may grow to at the most. */
const plainBytesMax = limits.answerBytesMax * 2;

/** Makes the plain seal; it has no state. */
export function createPlainSeal(): PayloadSeal {
  return {
    async seal(context, plain) {
      const digest = digestOf(context, plain);
      const deflated = plain.length < compressFromBytes ? plain : await deflateAsync(plain);
      return deflated.length < plain.length
        ? Buffer.concat([Uint8Array.of(format.deflated), digest, deflated])
        : Buffer.concat([Uint8Array.of(format.stored), digest, plain]);
    },
    async open(context, sealed) {
      const plain = await unpack(sealed);
      const digest = sealed.subarray(1, headerBytes);
      if (!timingSafeEqual(digest, digestOf(context, plain))) {
        throw notOurs('it belongs to another job or was damaged');
      }
      return plain;
    },
  };
}

async function unpack(sealed: Uint8Array): Promise<Uint8Array> {
  if (sealed.length < headerBytes) throw notOurs('it is too short');
  const body = sealed.subarray(headerBytes);
  if (sealed[0] === format.stored) return body;
  if (sealed[0] !== format.deflated) throw notOurs(`its format ${sealed[0]} is not known here`);
  try {
    return await inflateAsync(body, { maxOutputLength: plainBytesMax });
  } catch (error) {
    throw notOurs('it cannot be decompressed', error);
  }
}

/** JSON keeps the three names apart whatever they contain. */
function digestOf(context: SealContext, plain: Uint8Array): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([context.tenant, context.job, context.field]))
    .update('\n')
    .update(plain)
    .digest();
}

function notOurs(reason: string, cause?: unknown): ForebayError {
  return new ForebayError('internal', `a sealed blob cannot be opened: ${reason}`, { cause });
}
