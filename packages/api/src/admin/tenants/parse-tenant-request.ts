/** Reads what an operator says about a tenant: strict, every problem at once. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { TenantSettings } from '@forebay/shared/domain/tenant';
import type { InFlightChange } from '@forebay/shared/tenants/in-flight';
import { z } from 'zod';
import { objectError } from '../../intake/request-fields-schema.ts';
import { throwRequestProblems } from '../../intake/request-problems.ts';
import {
  count,
  pick,
  removable,
  resettable,
  tenantName,
  text,
  usd,
} from './admin-fields-schema.ts';

/** What is absent stays as it is. */
export interface TenantRequest {
  readonly settings: Partial<TenantSettings>;
  /** Jobs that may run at once. */
  readonly inFlight: InFlightChange;
}

const settingsShape = {
  name: resettable(text, '').optional(),
  default_ceiling_usd: removable(usd).optional(),
  max_ceiling_usd: removable(usd).optional(),
  brownout_percent: removable(count).optional(),
  max_in_flight: removable(count).optional(),
};

const newShape = { id: tenantName, ...settingsShape };
const newSchema = z.strictObject(newShape, objectError('expected an object with "id"'));
const changeSchema = z.strictObject(settingsShape, objectError('expected an object'));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseNewTenant(body: unknown): TenantRequest & { readonly id: TenantId } {
  const parsed = newSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(newShape));
  return { id: parsed.data.id, ...requestOf(parsed.data) };
}

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseTenantChange(body: unknown): TenantRequest {
  const parsed = changeSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(settingsShape));
  return requestOf(parsed.data);
}

function requestOf(given: z.infer<typeof changeSchema>): TenantRequest {
  return {
    settings: {
      ...(given.name === undefined ? {} : { name: given.name }),
      ...pick(given, 'default_ceiling_usd', 'ceilingDefault'),
      ...pick(given, 'max_ceiling_usd', 'ceilingMax'),
      ...pick(given, 'brownout_percent', 'brownoutPercent'),
    },
    inFlight: pick(given, 'max_in_flight', 'max'),
  };
}
