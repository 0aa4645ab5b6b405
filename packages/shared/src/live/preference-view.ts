/**
 * What users prefer, as one process knows it: a change holds within seconds, and at once where it
 * was made. Jobs of tenants whose users have said nothing ask the store once in these seconds.
 */
import type { TenantId } from '../domain/ids.ts';
import type { Preferences } from '../domain/preferences.ts';
import type { PreferenceStore } from '../ports/preference-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { createShortMemory } from './short-memory.ts';

export interface PreferenceView {
  /** `undefined` for a user who has said nothing, and for no user. */
  of(tenant: TenantId, user: string | undefined): Promise<Preferences | undefined>;
  /** After a change. */
  forget(tenant: TenantId, user: string): void;
}

export interface PreferenceViewDeps {
  readonly preferences: Pick<PreferenceStore, 'read' | 'hasAny'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

const freshMs = 5_000;
const entriesMax = 10_000;

export function createPreferenceView({ preferences, clock }: PreferenceViewDeps): PreferenceView {
  const tenants = createShortMemory<boolean>({ clock, freshMs, entriesMax });
  const users = createShortMemory<Preferences | undefined>({ clock, freshMs, entriesMax });
  return {
    async of(tenant, user) {
      if (user === undefined) return undefined;
      if (!(await tenants.recall(tenant, () => preferences.hasAny(tenant)))) return undefined;
      return users.recall(nameOf(tenant, user), () => preferences.read(tenant, user));
    },
    forget(tenant, user) {
      tenants.forget(tenant);
      users.forget(nameOf(tenant, user));
    },
  };
}

/** A tenant's name has no slash. */
function nameOf(tenant: TenantId, user: string): string {
  return `${tenant}/${user}`;
}
