/** What most routes of operators have in common. */
import { type AdminRoute, plainLimits } from '../http/route-table.ts';

/** A route without a body; a row says otherwise behind it. */
export const operatorFacts = {
  for: 'operators',
  limits: plainLimits,
  requestSchema: 'none',
} as const;

const settingsBytesMax = 16 * 1_024;

/** A body of settings under the name of its schema. */
export function takes(
  requestSchema: AdminRoute['requestSchema'],
): Pick<AdminRoute, 'limits' | 'requestSchema'> {
  return { limits: { bodyBytesMax: settingsBytesMax, waitSecondsMax: 0 }, requestSchema };
}
