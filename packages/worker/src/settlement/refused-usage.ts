/**
 * Whether a provider's own count of an answered call was not believed, so that the reservation was
 * charged in its place. That holds every ceiling, but somebody should look: either the provider
 * counts wrongly, or the bounds of the model are set too low and bills pass what was reserved.
 */
import { isJsonObject } from '@forebay/shared/domain/json';
import type { CallOutcome } from '@forebay/shared/ports/provider-client';
import type { JudgedEnd } from './judge-attempt.ts';

/** `missing`: no usage was told. `absurd`: what was told cannot be true. */
export type UsageRefusal = 'missing' | 'absurd';

export function refusedUsage(
  outcome: CallOutcome,
  end: Pick<JudgedEnd, 'ambiguity' | 'costIs'>,
): UsageRefusal | undefined {
  if (end.ambiguity !== 'answered' || end.costIs !== 'worst_case') return undefined;
  if (outcome.kind === 'aborted') return undefined;
  if (outcome.usage !== undefined) return 'absurd';
  // The adapter has read nonsense as none; the body still shows that there was something.
  return outcome.kind === 'answered' && isJsonObject(outcome.body['usage']) ? 'absurd' : 'missing';
}
