/** Reads a request body as bytes: bounded, plain, and of a known type. */
import type { IncomingMessage } from 'node:http';
import { ForebayError } from '@forebay/shared/domain/forebay-error';

/**
 * @param bytesMax a body of more bytes is refused before it is buffered.
 * @throws ForebayError `body_too_large`, `unsupported_media_type` or `invalid_json` (cut off).
 */
export async function readJsonBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  requireJson(request);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.from(chunk);
      sizeBytes += bytes.length;
      if (sizeBytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(bytes);
    }
  } catch (error) {
    if (ForebayError.is(error)) throw error;
    throw new ForebayError('invalid_json', 'The body was cut off. Send it again.', {
      cause: error,
    });
  }
  return Buffer.concat(chunks, sizeBytes);
}

function tooLarge(bytesMax: number): ForebayError {
  const detail = `The body is larger than ${bytesMax} bytes, the limit of this call.`;
  return new ForebayError('body_too_large', `${detail} Send less in one job.`);
}

function requireJson(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    const detail = 'Compressed bodies are not accepted. Send the body without Content-Encoding.';
    throw new ForebayError('unsupported_media_type', detail, { param: 'Content-Encoding' });
  }
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';');
  const isUtf8 = parameters.every((parameter) =>
    /^\s*(?:charset\s*=\s*"?utf-8"?)?\s*$/i.test(parameter),
  );
  if (type.trim().toLowerCase() !== 'application/json' || !isUtf8) {
    const detail = 'The body must be JSON in UTF-8. Send "Content-Type: application/json".';
    throw new ForebayError('unsupported_media_type', detail, { param: 'Content-Type' });
  }
}
