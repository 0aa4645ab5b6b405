/** The body of an atomic call while it is held: bounded in bytes and in time. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { AtomicPlace } from './atomic-room.ts';

/**
 * Takes room for each piece as it comes. A body that keeps moving, however slowly, would hold its
 * room for ever; silence ends it before, so looking at the time with each piece is enough.
 *
 * @throws ForebayError `body_too_large` for more than can be held, `atomic_busy` for more than can
 *   be held now, `request_timeout` for what comes after `limits.bulkAtomicBodyMs`.
 */
export async function* holdBody(
  input: AsyncIterable<Uint8Array>,
  place: AtomicPlace,
  clock: Clock,
): AsyncGenerator<Uint8Array, void> {
  const untilMs = clock.monotonicMs() + limits.bulkAtomicBodyMs;
  let bytes = 0;
  for await (const piece of input) {
    if (clock.monotonicMs() > untilMs) throw tooSlow();
    bytes += piece.length;
    if (bytes > limits.bulkAtomicBytesMax) throw atomicTooLarge();
    place.take(piece.length);
    yield piece;
  }
}

export function atomicTooLarge(): ForebayError {
  const { bulkAtomicLinesMax: lines, bulkAtomicBytesMax: bytes } = limits;
  return new ForebayError(
    'body_too_large',
    `With on_error=atomic a body may have ${lines} lines and ${bytes} bytes. Send less, or ` +
      'use on_error=abort, which has no such limit: mend the line and send all again.',
    { param: 'on_error' },
  );
}

function tooSlow(): ForebayError {
  return new ForebayError(
    'request_timeout',
    `With on_error=atomic a body must arrive within ${limits.bulkAtomicBodyMs / 1_000} s. ` +
      'Nothing of it was taken: send it again faster, send fewer lines at once, or use ' +
      'on_error=abort, which may take as long as it moves.',
    { param: 'on_error' },
  );
}
