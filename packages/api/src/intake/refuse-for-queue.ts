/** What a caller hears of whose key as many jobs wait as may. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';

/** Nobody knows when a place comes free; sooner than this it is hardly worth asking. */
const retryAfterSeconds = 5;

export function queueFull({ queuedMax }: Pick<IntakeGrants, 'queuedMax'>): ForebayError {
  return new ForebayError(
    'key_limit_exceeded',
    `${queuedMax ?? 'Too many'} jobs of this key wait, and no more may. Send it again when some ` +
      'of them have begun.',
    { retryAfterSeconds, violatedPolicy: 'queued-jobs' },
  );
}
