/** Tenants and keys as operators see them: money in US dollars, times RFC 3339, never a digest. */
import type { JsonObject } from '../domain/json.ts';
import { formatUsd, type NanoUsd } from '../domain/money.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { TenantTerms } from '../domain/tenant-terms.ts';
import type { StoredKey } from '../ports/key-store.ts';
import { inFlightMax } from './in-flight.ts';

export function viewTenant(tenant: Tenant, terms: TenantTerms): JsonObject {
  return {
    id: tenant.id,
    object: 'tenant',
    name: tenant.name,
    status: tenant.status,
    paused: terms.paused,
    stopped: terms.stopped ?? null,
    default_ceiling_usd: amount(tenant.ceilingDefault),
    max_ceiling_usd: amount(tenant.ceilingMax),
    brownout_percent: tenant.brownoutPercent ?? null,
    max_in_flight: inFlightMax(terms, { kind: 'tenant' }) ?? null,
    created_at: time(tenant.createdAtMs),
    updated_at: time(tenant.updatedAtMs),
    version: tenant.version,
  };
}

export function viewKey(key: StoredKey, terms: TenantTerms): JsonObject {
  return {
    id: key.keyId,
    object: 'api_key',
    tenant: key.tenant,
    label: key.label,
    environment: key.environment,
    scopes: key.scopes,
    expires_at: time(key.expiresAtMs),
    revoked_at: time(key.revokedAtMs),
    payer_key_id: key.payerKeyId,
    replaced_by: key.replacedBy ?? null,
    models: key.models ?? null,
    preferred_models: key.preferredModels,
    avoided_models: key.avoidedModels,
    weights: key.weights === undefined ? null : { ...key.weights },
    most_urgent_priority: key.priorityMin,
    default_ceiling_usd: amount(key.ceilingDefault),
    max_ceiling_usd: amount(key.ceilingMax),
    source_cidrs: key.sourceCidrs,
    requests_per_minute: key.requestsPerMinute ?? null,
    max_queued_jobs: key.queuedMax ?? null,
    accept_late: key.acceptsLate ?? null,
    max_in_flight: inFlightMax(terms, { kind: 'key', keyId: key.payerKeyId }) ?? null,
    last_used_day: key.lastUsedDay ?? null,
    created_at: time(key.createdAtMs),
    updated_at: time(key.updatedAtMs),
    version: key.version,
  };
}

function amount(value: NanoUsd | undefined): string | null {
  return value === undefined ? null : formatUsd(value);
}

function time(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
