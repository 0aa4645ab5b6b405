/** The port to what the users of a tenant prefer. */
import type { TenantId } from '../domain/ids.ts';
import type { Preferences } from '../domain/preferences.ts';

export interface PreferenceStore {
  /** `undefined` for a user who has said nothing. */
  read(tenant: TenantId, user: string): Promise<Preferences | undefined>;
  /** Whether any user of the tenant has said something. */
  hasAny(tenant: TenantId): Promise<boolean>;
  /** In place of what was there. `full` when too many others have said something. */
  write(order: PreferenceOrder): Promise<'written' | 'full'>;
  /** Whether there was something. */
  remove(tenant: TenantId, user: string): Promise<boolean>;
}

export interface PreferenceOrder {
  readonly tenant: TenantId;
  readonly user: string;
  readonly preferences: Preferences;
}
