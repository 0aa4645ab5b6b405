/** A tenant's name as a command got it. */
import { parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { UsageError } from '../program/usage-error.ts';

/** @param what the option or argument, for the message. @throws UsageError */
export function readTenant(text: string | undefined, what: string): TenantId {
  if (text === undefined) throw new UsageError(`Name the tenant: ${what} NAME.`);
  const tenant = parseTenantId(text);
  if (tenant !== undefined) return tenant;
  const form = '1 to 63 lower-case letters, digits and hyphens, no hyphen first';
  throw new UsageError(`${what}: expected ${form}, got "${text}".`);
}
