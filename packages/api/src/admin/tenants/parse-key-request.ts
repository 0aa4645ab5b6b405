/** Reads what an operator says about a tenant's API key: strict, every problem at once. */
import { type KeySettings, keyScopes, unrestrictedKey } from '@forebay/shared/ports/key-store';
import type { InFlightChange } from '@forebay/shared/tenants/in-flight';
import { z } from 'zod';
import { objectError, priority, time } from '../../intake/request-fields-schema.ts';
import { throwRequestProblems } from '../../intake/request-problems.ts';
import { scoreWeights } from '../../intake/routing-schema.ts';
import { count, pick, removable, resettable, text, usd } from './admin-fields-schema.ts';

/** What is absent stays as it is, or gets its default. */
export interface KeyRequest {
  readonly settings: Partial<KeySettings>;
  /** Jobs that may run at once. */
  readonly inFlight: InFlightChange;
}

const scopesExpected = `expected a list of scopes out of ${keyScopes.join(', ')}`;
const listExpected = 'expected a list of texts';

const list = z.array(text, listExpected);
const scopeList = z.array(z.enum(keyScopes, scopesExpected), scopesExpected);
const unset = unrestrictedKey;

const settingsShape = {
  label: resettable(text, unset.label).optional(),
  scopes: resettable(scopeList, unset.scopes).optional(),
  expires_at: removable(time).optional(),
  models: removable(list).optional(),
  preferred_models: resettable(list, unset.preferredModels).optional(),
  avoided_models: resettable(list, unset.avoidedModels).optional(),
  weights: removable(scoreWeights).optional(),
  most_urgent_priority: resettable(priority, unset.priorityMin).optional(),
  default_ceiling_usd: removable(usd).optional(),
  max_ceiling_usd: removable(usd).optional(),
  source_cidrs: resettable(list, unset.sourceCidrs).optional(),
  requests_per_minute: removable(count).optional(),
  max_queued_jobs: removable(count).optional(),
  max_in_flight: removable(count).optional(),
  accept_late: removable(z.boolean('expected true or false')).optional(),
};

const changeSchema = z.strictObject(settingsShape, objectError('expected an object'));
const environmentExpected = 'expected 1 to 12 lower-case letters and digits';
const environment = z.string(environmentExpected).regex(/^[a-z0-9]{1,12}$/, environmentExpected);
const newShape = { environment: environment.optional(), ...settingsShape };
const newSchema = z.strictObject(newShape, objectError('expected an object'));

/** @param body `null` for a key that may do everything. @throws ForebayError `invalid_request` */
export function parseNewKey(body: unknown): KeyRequest & { readonly environment: string } {
  const parsed = newSchema.safeParse(body ?? {});
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(newShape));
  return { environment: parsed.data.environment ?? 'live', ...requestOf(parsed.data) };
}

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseKeyChange(body: unknown): KeyRequest {
  const parsed = changeSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(settingsShape));
  return requestOf(parsed.data);
}

function requestOf(given: z.infer<typeof changeSchema>): KeyRequest {
  const { label, scopes, most_urgent_priority: priorityMin, source_cidrs: sourceCidrs } = given;
  return {
    settings: {
      ...(label === undefined ? {} : { label }),
      ...(scopes === undefined ? {} : { scopes: keyScopes.filter((one) => scopes.includes(one)) }),
      ...(priorityMin === undefined ? {} : { priorityMin }),
      ...(sourceCidrs === undefined ? {} : { sourceCidrs }),
      ...pick(given, 'expires_at', 'expiresAtMs'),
      ...pick(given, 'models', 'models'),
      ...(given.preferred_models === undefined ? {} : { preferredModels: given.preferred_models }),
      ...(given.avoided_models === undefined ? {} : { avoidedModels: given.avoided_models }),
      ...pick(given, 'weights', 'weights'),
      ...pick(given, 'default_ceiling_usd', 'ceilingDefault'),
      ...pick(given, 'max_ceiling_usd', 'ceilingMax'),
      ...pick(given, 'requests_per_minute', 'requestsPerMinute'),
      ...pick(given, 'max_queued_jobs', 'queuedMax'),
      ...pick(given, 'accept_late', 'acceptsLate'),
    },
    inFlight: pick(given, 'max_in_flight', 'max'),
  };
}

const overlapExpected = 'expected a whole number of seconds from 0';
const rotationShape = {
  overlap_seconds: z.int(overlapExpected).min(0, overlapExpected).optional(),
};
const rotationSchema = z.strictObject(
  rotationShape,
  objectError('expected an object, with "overlap_seconds" if wanted'),
);

/** How long the old key goes on; `undefined` for the default. @throws ForebayError */
export function parseKeyRotation(body: unknown): number | undefined {
  const parsed = rotationSchema.safeParse(body ?? {});
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(rotationShape));
  const seconds = parsed.data.overlap_seconds;
  return seconds === undefined ? undefined : seconds * 1_000;
}
