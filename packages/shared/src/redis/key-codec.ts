/** API keys as text: one JSON per key, and the day of its last use beside it. */
import { parseTenantId } from '../domain/ids.ts';
import type { ScoreWeightChanges } from '../domain/model-catalog.ts';
import { type KeyScope, keyScopes, type StoredKey, unrestrictedKey } from '../ports/key-store.ts';
import { amountText, readAmount } from './optional-amount.ts';

const keySchema = 1;

/** Numbers that scripts read are text, because Lua's JSON loses digits. */
interface StoredKeyText {
  readonly schema: number;
  readonly tenant: string;
  readonly digest: string;
  readonly environment: string;
  readonly label: string;
  readonly scopes: string;
  readonly expires: number | null;
  readonly models: readonly string[] | null;
  /** Absent for keys of earlier versions, which prefer nothing. */
  readonly prefer?: readonly string[];
  readonly avoid?: readonly string[];
  /** Absent where the key has none, as for keys of earlier versions. */
  readonly weights?: ScoreWeightChanges | undefined;
  readonly priority_min: number;
  readonly ceiling_default: string;
  readonly ceiling_max: string;
  readonly cidrs: readonly string[];
  readonly requests_per_minute: number | null;
  readonly queued_max: number | null;
  /** Absent where the configuration decides. */
  readonly accepts_late?: boolean | undefined;
  readonly revoked: number | null;
  /** Absent for keys of earlier versions, which pay by themselves. */
  readonly payer?: string;
  readonly replaced_by: string | null;
  readonly created: number;
  readonly updated: number;
  readonly version: string;
}

export function encodeKey(key: StoredKey): string {
  const stored: StoredKeyText = {
    schema: keySchema,
    tenant: key.tenant,
    digest: key.digest,
    environment: key.environment,
    label: key.label,
    scopes: key.scopes.join(' '),
    expires: key.expiresAtMs ?? null,
    models: key.models ?? null,
    prefer: key.preferredModels,
    avoid: key.avoidedModels,
    weights: key.weights,
    priority_min: key.priorityMin,
    ceiling_default: amountText(key.ceilingDefault),
    ceiling_max: amountText(key.ceilingMax),
    cidrs: key.sourceCidrs,
    requests_per_minute: key.requestsPerMinute ?? null,
    queued_max: key.queuedMax ?? null,
    accepts_late: key.acceptsLate,
    revoked: key.revokedAtMs ?? null,
    payer: key.payerKeyId,
    replaced_by: key.replacedBy ?? null,
    created: key.createdAtMs,
    updated: key.updatedAtMs,
    version: String(key.version),
  };
  return JSON.stringify(stored);
}

/** A key whose record cannot be read opens nothing. */
export function decodeKey(keyId: string, fields: Record<string, string>): StoredKey | undefined {
  const text = fields['record'];
  if (text === undefined) return decodeEarlierKey(keyId, fields);
  // Written by `encodeKey` and by nobody else; the schema says of which version.
  const stored = JSON.parse(text) as StoredKeyText;
  const tenant = parseTenantId(stored.tenant);
  if (stored.schema !== keySchema || tenant === undefined) return undefined;
  return {
    keyId,
    tenant,
    digest: stored.digest,
    environment: stored.environment,
    label: stored.label,
    scopes: readScopes(stored.scopes),
    expiresAtMs: stored.expires ?? undefined,
    models: stored.models ?? undefined,
    preferredModels: stored.prefer ?? [],
    avoidedModels: stored.avoid ?? [],
    weights: stored.weights,
    priorityMin: stored.priority_min,
    ceilingDefault: readAmount(stored.ceiling_default),
    ceilingMax: readAmount(stored.ceiling_max),
    sourceCidrs: stored.cidrs,
    requestsPerMinute: stored.requests_per_minute ?? undefined,
    queuedMax: stored.queued_max ?? undefined,
    acceptsLate: stored.accepts_late,
    revokedAtMs: stored.revoked ?? undefined,
    payerKeyId: stored.payer ?? keyId,
    replacedBy: stored.replaced_by ?? undefined,
    createdAtMs: stored.created,
    updatedAtMs: stored.updated,
    version: Number(stored.version),
    lastUsedDay: fields['used'],
  };
}

/** Keys had four fields of their own before there was anything to decide about them. */
function decodeEarlierKey(keyId: string, fields: Record<string, string>): StoredKey | undefined {
  const tenant = parseTenantId(fields['tenant'] ?? '');
  const digest = fields['digest'];
  if (tenant === undefined || digest === undefined) return undefined;
  const createdAtMs = Number(fields['created'] ?? 0);
  return {
    ...unrestrictedKey,
    ...{ keyId, tenant, digest, createdAtMs },
    environment: '',
    scopes: readScopes(fields['scopes'] ?? ''),
    revokedAtMs: undefined,
    payerKeyId: keyId,
    replacedBy: undefined,
    updatedAtMs: createdAtMs,
    version: 0,
    lastUsedDay: fields['used'],
  };
}

function readScopes(text: string): readonly KeyScope[] {
  const names = text.split(' ');
  return keyScopes.filter((scope) => names.includes(scope));
}
