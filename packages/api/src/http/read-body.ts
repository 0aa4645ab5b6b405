/** Reads request bodies: bounded in bytes and time, plain, and of a known type. */
import type { IncomingMessage } from 'node:http';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';

/**
 * @param bytesMax a body of more bytes is refused before it is buffered.
 * @throws ForebayError `body_too_large`, `request_timeout`, `unsupported_media_type` or
 *   `invalid_json` (cut off).
 */
export async function readJsonBytes(
  request: IncomingMessage,
  bytesMax: number,
  clock: Clock,
): Promise<Buffer> {
  requireJson(request);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const untilMs = clock.monotonicMs() + limits.bodyTimeoutMs;
  for await (const bytes of arrivals(request, clock, () => untilMs)) {
    sizeBytes += bytes.length;
    if (sizeBytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, sizeBytes);
}

/**
 * The body as it arrives, without a limit in total; what is not taken stays with the sender.
 *
 * @throws ForebayError `request_timeout` when nothing comes for too long, `invalid_json` when the
 *   body is cut off.
 */
export function streamBody(request: IncomingMessage, clock: Clock): AsyncIterable<Buffer> {
  return arrivals(request, clock, () => clock.monotonicMs() + limits.streamSilenceMs);
}

/** @param untilMs by when the next bytes must be there, monotonic; asked before each of them. */
async function* arrivals(
  request: IncomingMessage,
  clock: Clock,
  untilMs: () => number,
): AsyncIterable<Buffer> {
  const iterator = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await inTime(clock, untilMs() - clock.monotonicMs(), iterator.next());
      if (next.done === true) return;
      yield Buffer.from(next.value);
    }
  } catch (error) {
    if (ForebayError.is(error)) throw error;
    throw new ForebayError('invalid_json', 'The body was cut off. Send it again.', {
      cause: error,
    });
  }
}

function inTime<T>(clock: Clock, leftMs: number, arrival: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.schedule(Math.max(0, leftMs), () => reject(tooSlow()));
    // Bytes after the time is up meet a settled promise, which ignores them.
    arrival.then(resolve, reject).finally(() => timer.cancel());
  });
}

function tooSlow(): ForebayError {
  const detail = 'The body did not arrive in time. Send it again, without long pauses.';
  return new ForebayError('request_timeout', detail);
}

function tooLarge(bytesMax: number): ForebayError {
  const detail = `The body is larger than ${bytesMax} bytes, the limit of this call.`;
  return new ForebayError('body_too_large', `${detail} Send less in one job.`);
}

type HeaderReader = (name: string) => readonly string[];

function requireJson({ headersDistinct }: IncomingMessage): void {
  requireType((name) => headersDistinct[name] ?? [], ['application/json'], 'JSON');
}

/**
 * @param types the media types that are taken; the first is named in the remedy.
 * @throws ForebayError `unsupported_media_type`
 */
export function requireType(headers: HeaderReader, types: readonly string[], name: string): void {
  if ((headers('content-encoding')[0] ?? 'identity') !== 'identity') {
    const detail = 'Compressed bodies are not accepted. Send the body without Content-Encoding.';
    throw new ForebayError('unsupported_media_type', detail, { param: 'Content-Encoding' });
  }
  const [type = '', ...parameters] = (headers('content-type')[0] ?? '').split(';');
  const isUtf8 = parameters.every((parameter) =>
    /^\s*(?:charset\s*=\s*"?utf-8"?)?\s*$/i.test(parameter),
  );
  if (!types.includes(type.trim().toLowerCase()) || !isUtf8) {
    const detail = `The body must be ${name} in UTF-8. Send "Content-Type: ${types[0]}".`;
    throw new ForebayError('unsupported_media_type', detail, { param: 'Content-Type' });
  }
}
