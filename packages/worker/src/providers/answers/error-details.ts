/** The `details` of an error: Google's are a list of objects, Anthropic's one with its code. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asObjects } from './json-list.ts';

/**
 * Machine words in the details: the reason, and `QUOTA_PER_DAY` for a quota that will not be free
 * again within minutes, whatever wait the answer names.
 */
export function detailWords(details: Json | undefined): readonly string[] {
  const code = isJsonObject(details) ? details['error_code'] : undefined;
  if (typeof code === 'string') return [code];
  return asObjects(details).flatMap((detail) => {
    const { reason, violations } = detail;
    const lasts = asObjects(violations).some(isLasting);
    return [...(typeof reason === 'string' ? [reason] : []), ...(lasts ? ['QUOTA_PER_DAY'] : [])];
  });
}

/** A day's quota, or one of nothing at all. */
function isLasting({ quotaId, quotaValue }: JsonObject): boolean {
  return (typeof quotaId === 'string' && quotaId.includes('PerDay')) || quotaValue === '0';
}
