/** Bounds the store's part of a call: an answer, or a 503 that says what is not known (P15). */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Clock } from '@forebay/shared/runtime/clock';

/** Below the promised three seconds, so that the reply itself still fits. */
const answerWithinMs = 2_500;

/**
 * @throws ForebayError `store_unavailable` when the work takes too long. The work goes on by
 *   itself; what it does afterwards is what a repeated call with the same key will find.
 */
export function answerInTime<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = clock.schedule(answerWithinMs, () => reject(unknownOutcome()));
    // A result after the time is up meets a settled promise, which ignores it.
    work()
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}

function unknownOutcome(): ForebayError {
  return new ForebayError(
    'store_unavailable',
    'The store did not answer in time, so it is unknown whether the call took effect. Send it ' +
      'again; a submission with the same Idempotency-Key cannot make a second job.',
    { retryAfterSeconds: 1 },
  );
}
