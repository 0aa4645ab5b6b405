/** Whether a call may still go on: what took its key away since it began ends it. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { askPatiently } from './ask-patiently.ts';
import type { BulkCall } from './bulk-call.ts';
import type { BulkDeps } from './bulk-deps.ts';

/**
 * Looked at before each admission, so that no line is taken in later than seconds after its key has
 * ended or its tenant was suspended.
 *
 * @returns why the lines are not taken; `undefined` when they may be.
 * @throws ForebayError `store_unavailable` when the store stays away.
 */
export async function refusalOf(
  { clock }: Pick<BulkDeps, 'clock'>,
  { signal, requireStillAllowed }: BulkCall,
): Promise<ForebayError | undefined> {
  try {
    await askPatiently({ clock, signal }, requireStillAllowed);
    return undefined;
  } catch (error) {
    if (!ForebayError.is(error) || error.code === 'store_unavailable') throw error;
    return error;
  }
}
