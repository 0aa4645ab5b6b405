/** `/admin/v1/tenants`: who owns jobs, keys and budgets. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { holdTenant, type TenantHold, tenantHolds } from '@forebay/shared/tenants/hold-tenant';
import { changeTenant, createTenant } from '@forebay/shared/tenants/manage-tenants';
import { viewTenant } from '@forebay/shared/tenants/view-tenant';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { statedVersion } from '../native/etag.ts';
import { audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { taggedReply } from './tagged-reply.ts';
import { parseNewTenant, parseTenantChange } from './tenants/parse-tenant-request.ts';
import { requireTenant, type TenantsDeps, tenantsPath } from './tenants/tenants-deps.ts';

export function tenantRoutes(deps: TenantsDeps): readonly AdminRoute[] {
  const path = `${tenantsPath}/:tenant`;
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path: tenantsPath, scope: 'any', audit: 'read' },
      summary: 'List the tenants',
      handle: () => listTenants(deps),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: tenantsPath, scope: 'manage', audit: 'write' },
      summary: 'Make a tenant',
      ...takes('Tenant'),
      handle: (call) => postTenant(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'GET', path, scope: 'any', audit: 'read' },
      summary: 'Read a tenant',
      handle: (call) => getTenant(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'PATCH', path, scope: 'manage', audit: 'write' },
      summary: 'Change what holds for a tenant',
      ...takes('TenantChange'),
      handle: (call) => patchTenant(deps, call),
    },
    ...tenantHolds.map(
      (verb): AdminRoute => ({
        ...operatorFacts,
        ...{ method: 'POST', path: `${path}/${verb}`, scope: 'operate', audit: 'write' },
        summary: holdSummaries[verb],
        handle: (call) =>
          changed(deps, call, { verb, apply: (_, id) => holdTenant(deps, id, verb) }),
      }),
    ),
  ];
}

type Apply = (deps: TenantsDeps, id: TenantId) => Promise<unknown>;

const holdSummaries: Readonly<Record<TenantHold, string>> = {
  pause: "Let none of a tenant's jobs start; new ones wait",
  drain: 'Take no new jobs of a tenant; those that it has go on',
  suspend: 'Take no new jobs of a tenant, and start none',
  resume: 'End pause, drain and suspension of a tenant',
};

async function listTenants(deps: TenantsDeps): Promise<ApiReply> {
  const data = await answerInTime(deps.clock, async () => {
    const tenants = await deps.tenants.list();
    return Promise.all(
      tenants.map(async (tenant) => viewTenant(tenant, await deps.terms.read(tenant.id))),
    );
  });
  return { status: 200, body: { object: 'list', data } };
}

async function getTenant(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const body = await answerInTime(deps.clock, async () =>
    show(deps, await requireTenant(deps, call)),
  );
  return taggedReply(200, body);
}

async function postTenant(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const request = parseNewTenant(call.body);
  const { id } = request;
  const body = await audited(deps, call, {
    action: 'tenant.create',
    target: `tenant:${id}`,
    async change() {
      await createTenant(deps, request);
      const value = await show(deps, id);
      return { value, before: undefined, after: value };
    },
  });
  return taggedReply(201, body, { Location: `${tenantsPath}/${id}` });
}

async function patchTenant(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const version = statedVersion(call.headers('if-match'));
  const request = { ...parseTenantChange(call.body), version };
  return changed(deps, call, {
    verb: 'change',
    apply: (_, id) => changeTenant(deps, { id, ...request }),
  });
}

interface Change {
  readonly verb: string;
  readonly apply: Apply;
}

async function changed(
  deps: TenantsDeps,
  call: AdminCall,
  { verb, apply }: Change,
): Promise<ApiReply> {
  const id = await answerInTime(deps.clock, () => requireTenant(deps, call));
  const body = await audited(deps, call, {
    action: `tenant.${verb}`,
    target: `tenant:${id}`,
    async change() {
      const before = await show(deps, id);
      await apply(deps, id);
      const value = await show(deps, id);
      return { value, before, after: value };
    },
  });
  return taggedReply(200, body);
}

async function show({ tenants, terms }: TenantsDeps, id: TenantId): Promise<JsonObject> {
  const tenant = (await tenants.read(id)) ?? tenantWithoutRecord(id);
  return viewTenant(tenant, await terms.read(id));
}
