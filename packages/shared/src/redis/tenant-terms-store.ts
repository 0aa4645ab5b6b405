/** The terms of tenants in Redis: one field of each tenant's money, edited by compare and set. */
import { ForebayError } from '../domain/forebay-error.ts';
import { parseTenantId, type TenantId } from '../domain/ids.ts';
import type { TenantTermsStore, TermsEdit } from '../ports/tenant-terms-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asFields, asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { decodeTerms, encodeTerms, readFigures } from './terms-codec.ts';

export interface TenantTermsStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

/** How often an edit is tried again that somebody else was faster than. */
const triesMax = 100;

export function createTenantTermsStore(deps: TenantTermsStoreDeps): TenantTermsStore {
  const { client, keys } = deps;
  return {
    read: async (tenant) => {
      const text = await askStore(() => client.hget(keys.money(tenant), 'terms'));
      return decodeTerms(text ?? '');
    },
    edit: (tenant, edit) => editTerms(deps, tenant, edit),
    figures: async (tenant) => {
      const { terms, nowMs, accounts } = await look(deps, tenant);
      return terms.budgets.map((budget, index) =>
        readFigures(budget, { tenant, nowMs, fields: accounts[index] ?? new Map() }),
      );
    },
    places: async (tenant, keyId) => {
      const hashes = [keys.queuedByKey(tenant), keys.runningByKey(tenant)];
      const counts = await Promise.all(
        hashes.map((hash) => askStore(() => client.hget(hash, keyId))),
      );
      const [queued = 0, running = 0] = counts.map((count) => Number(count ?? '0'));
      return { queued, running };
    },
    listTenants: async (shard) => {
      const names = await askStore(() => client.smembers(keys.tenantsWithTerms(shard)));
      return names.flatMap((name) => parseTenantId(name) ?? []);
    },
    renewWindows: async (tenant) => {
      await editTerms(deps, tenant, (terms) => terms);
    },
  };
}

async function editTerms(deps: TenantTermsStoreDeps, tenant: TenantId, edit: TermsEdit) {
  const { scripts, keys } = deps;
  const shard = keys.shardOf(tenant);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const { terms, nowMs } = await look(deps, tenant);
    const next = { ...edit(terms), version: terms.version + 1 };
    const reply = await scripts.run({
      script: 'terms-edit',
      keys: [keys.tenantsWithTerms(shard), keys.due(shard), keys.money(tenant)],
      args: [tenant, terms.version, encodeTerms(next, nowMs)],
    });
    if (asText(reply) === 'edited') return next;
  }
  throw new ForebayError('store_unavailable', 'Others change the same terms all the time.', {
    retryAfterSeconds: 1,
  });
}

async function look({ scripts, keys }: TenantTermsStoreDeps, tenant: TenantId) {
  const script = 'terms-figures';
  const reply = asList(await scripts.run({ script, keys: [keys.money(tenant)], args: [] }));
  return {
    nowMs: Number(asText(reply[0])),
    terms: decodeTerms(asText(reply[1])),
    accounts: reply.slice(2).map(asFields),
  };
}
