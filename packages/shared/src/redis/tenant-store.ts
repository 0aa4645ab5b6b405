/**
 * Records of tenants in Redis: all of a shard in one hash on that shard, so that they are found
 * without an index of their own.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import { parseTenantId } from '../domain/ids.ts';
import { type Tenant, tenantStatuses } from '../domain/tenant.ts';
import type { TenantStore } from '../ports/tenant-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { amountText, readAmount } from './optional-amount.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { writeRecord } from './write-record.ts';

export interface TenantStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createTenantStore({ client, scripts, keys }: TenantStoreDeps): TenantStore {
  return {
    async read(id) {
      const text = await askStore(() => client.hget(keys.tenants(keys.shardOf(id)), id));
      return text === null ? undefined : decodeTenant(text);
    },
    async list() {
      const shards = Array.from({ length: keys.shardCount }, (_, shard) => keys.tenants(shard));
      const texts = await askStore(() => Promise.all(shards.map((key) => client.hvals(key))));
      const tenants = texts.flat().map(decodeTenant);
      return tenants.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    },
    write(tenant) {
      const { id, version } = tenant;
      const hash = keys.tenants(keys.shardOf(id));
      return writeRecord(scripts, { hash, field: id, version, json: encodeTenant(tenant) });
    },
  };
}

const tenantSchema = 1;

/** Numbers are text, because Lua's JSON loses digits. */
interface StoredTenant {
  readonly schema: number;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly ceiling_default: string;
  readonly ceiling_max: string;
  readonly brownout_percent: string;
  readonly created: string;
  readonly updated: string;
  readonly version: string;
}

function encodeTenant(tenant: Tenant): string {
  const stored: StoredTenant = {
    schema: tenantSchema,
    id: tenant.id,
    name: tenant.name,
    status: tenant.status,
    ceiling_default: amountText(tenant.ceilingDefault),
    ceiling_max: amountText(tenant.ceilingMax),
    brownout_percent: tenant.brownoutPercent === undefined ? '' : String(tenant.brownoutPercent),
    created: String(tenant.createdAtMs),
    updated: String(tenant.updatedAtMs),
    version: String(tenant.version),
  };
  return JSON.stringify(stored);
}

/** @throws ForebayError `internal` for a record that another version wrote. */
function decodeTenant(text: string): Tenant {
  // Written by `encodeTenant` and by nobody else; the schema says of which version.
  const stored = JSON.parse(text) as StoredTenant;
  const id = parseTenantId(stored.id);
  const status = tenantStatuses.find((each) => each === stored.status);
  if (stored.schema !== tenantSchema || id === undefined || status === undefined) {
    const detail = `This server cannot read a tenant of schema ${stored.schema}.`;
    throw new ForebayError('internal', detail);
  }
  return {
    id,
    status,
    name: stored.name,
    ceilingDefault: readAmount(stored.ceiling_default),
    ceilingMax: readAmount(stored.ceiling_max),
    brownoutPercent: stored.brownout_percent === '' ? undefined : Number(stored.brownout_percent),
    createdAtMs: Number(stored.created),
    updatedAtMs: Number(stored.updated),
    version: Number(stored.version),
  };
}
