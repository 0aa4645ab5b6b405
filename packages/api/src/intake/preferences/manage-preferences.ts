/** What the users of a tenant prefer: read, set and forgotten with a key of the tenant. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { Preferences } from '@forebay/shared/domain/preferences';
import type { PreferenceView } from '@forebay/shared/live/preference-view';
import type { PreferenceStore } from '@forebay/shared/ports/preference-store';
import { requireKnownModels } from '../require-known-models.ts';
import { parsePreferencesRequest } from './parse-preferences-request.ts';

export interface ManagePreferencesDeps {
  readonly store: PreferenceStore;
  readonly view: PreferenceView;
  readonly catalog: () => Catalog;
}

export interface UserRef {
  readonly tenant: TenantId;
  readonly user: string;
}

/** @throws ForebayError `not_found` for a user who has said nothing. */
export async function readPreferences(
  { store }: ManagePreferencesDeps,
  { tenant, user }: UserRef,
): Promise<Preferences> {
  const preferences = await store.read(tenant, user);
  if (preferences === undefined) throw nothingSaid();
  return preferences;
}

/** @throws ForebayError `invalid_request` with every problem, `preference_limit`. */
export async function setPreferences(
  deps: ManagePreferencesDeps,
  { tenant, user }: UserRef,
  body: unknown,
): Promise<Preferences> {
  const preferences = parsePreferencesRequest(body);
  const { prefer, avoid } = preferences;
  requireKnownModels(deps.catalog(), [
    { path: ['preferred_models'], names: prefer },
    { path: ['avoided_models'], names: avoid },
  ]);
  if ((await deps.store.write({ tenant, user, preferences })) === 'full') throw tooMany();
  deps.view.forget(tenant, user);
  return preferences;
}

/** @throws ForebayError `not_found` for a user who has said nothing. */
export async function removePreferences(
  { store, view }: ManagePreferencesDeps,
  { tenant, user }: UserRef,
): Promise<void> {
  if (!(await store.remove(tenant, user))) throw nothingSaid();
  view.forget(tenant, user);
}

function nothingSaid(): ForebayError {
  return new ForebayError('not_found', 'This user has no preferences.');
}

function tooMany(): ForebayError {
  const detail =
    `The tenant has ${limits.preferencesPerTenantMax} users with preferences already. ` +
    'Delete those of users who are gone.';
  return new ForebayError('preference_limit', detail);
}
