/** Checks that the tenants which pay for shadows can: else none is made, and nobody is told. */
import { readFileSync } from 'node:fs';
import { loadConfig } from '@forebay/shared/config/load-config';
import { readerBeside } from '@forebay/shared/config/read-beside';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { Route } from '@forebay/shared/domain/model-catalog';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { isStoreInUse } from '@forebay/shared/redis/inspect-store';
import { type PayerRefusal, refusePayer } from '@forebay/shared/tenants/shadow-payer';
import { withStore } from '../store/with-store.ts';
import { type Finding, type NamedFinding, ok, skipped, warning, wrong } from './finding.ts';

/** Nothing where no route has a shadow, or where other checks tell that more is wrong. */
export async function checkShadows(env: ForebayEnv): Promise<readonly NamedFinding[]> {
  const payers = [...payersIn(env)];
  const findings = payers.map(async ([tenant, routes]) => ({
    name: `shadows of ${routes.join(', ')}`,
    finding: await checkPayer(env, tenant),
  }));
  return Promise.all(findings);
}

/** The routes that each tenant pays shadows of. */
function payersIn({ configPath, lookup }: ForebayEnv): ReadonlyMap<TenantId, readonly string[]> {
  const payers = new Map<TenantId, string[]>();
  for (const { name, shadow } of readRoutes(configPath, lookup)) {
    if (shadow === undefined) continue;
    payers.set(shadow.tenant, [...(payers.get(shadow.tenant) ?? []), name]);
  }
  return payers;
}

function readRoutes(path: string, env: ForebayEnv['lookup']): readonly Route[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // `checkConfigFile` tells of it.
    return [];
  }
  const result = loadConfig({ path, text, env, readBeside: readerBeside(path) });
  return result.kind === 'loaded' ? [...result.config.catalog.routes.values()] : [];
}

async function checkPayer(env: ForebayEnv, id: TenantId): Promise<Finding> {
  try {
    // Opening an empty store would fix how many shards it has.
    if (!(await isStoreInUse(env.redisUrl, env.namespace))) return skipped('the store is empty');
    return await withStore(env, async ({ tenants, terms }) => {
      const tenant = (await tenants.read(id)) ?? tenantWithoutRecord(id);
      return judgePayer(id, refusePayer(tenant, await terms.read(id)));
    });
  } catch {
    // The checks of Redis tell of it.
    return skipped('Redis does not answer');
  }
}

function judgePayer(tenant: TenantId, refusal: PayerRefusal | undefined): Finding {
  switch (refusal) {
    case undefined:
      return ok(`tenant ${tenant} pays, within its budget`);
    case 'no_budget':
      return wrong(
        `none is made: tenant ${tenant} has no budget, or one that does not reject`,
        `Give it one with: ${budgetCommand(tenant)}`,
      );
    case 'suspended':
      return warning(
        `none is made: tenant ${tenant} is suspended or on hold`,
        `Let it go on with: forebay tenants resume ${tenant}`,
      );
    case 'stopped':
      return wrong(
        `none is made: the money of tenant ${tenant} does not add up`,
        'See what differs, and repair it, with: forebay audit money',
      );
  }
}

function budgetCommand(tenant: TenantId): string {
  return `forebay budgets create --tenant ${tenant} --period day --limit 10 --when-short reject`;
}
