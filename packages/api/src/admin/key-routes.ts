/** `/admin/v1/tenants/{tenant}/keys`: API keys of tenants. */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import type { StoredKey } from '@forebay/shared/ports/key-store';
import {
  changeKey,
  type MadeKey,
  registerKey,
  revokeKey,
  rotateKey,
} from '@forebay/shared/tenants/manage-keys';
import { viewKey } from '@forebay/shared/tenants/view-tenant';
import { findKey } from '@forebay/shared/tenants/write-key';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { statedVersion } from '../native/etag.ts';
import { audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { taggedReply } from './tagged-reply.ts';
import { parseKeyChange, parseKeyRotation, parseNewKey } from './tenants/parse-key-request.ts';
import { requireTenant, type TenantsDeps, tenantsPath } from './tenants/tenants-deps.ts';

export function keyRoutes(deps: TenantsDeps): readonly AdminRoute[] {
  const all = `${tenantsPath}/:tenant/keys`;
  const one = `${all}/:key`;
  return [
    {
      ...operatorFacts,
      ...{ method: 'GET', path: all, scope: 'any', audit: 'read' },
      summary: 'List the API keys of a tenant, oldest first',
      handle: (call) => listKeys(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: all, scope: 'manage', audit: 'write' },
      summary: 'Make an API key of a tenant and show it, this once',
      ...takes('ApiKey'),
      bodyIsOptional: true,
      handle: (call) => postKey(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'GET', path: one, scope: 'any', audit: 'read' },
      summary: 'Read an API key',
      handle: (call) => getKey(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'PATCH', path: one, scope: 'manage', audit: 'write' },
      summary: 'Change what an API key may do',
      ...takes('ApiKeyChange'),
      handle: (call) => patchKey(deps, call),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: `${one}/revoke`, scope: 'manage', audit: 'write' },
      summary: 'End an API key for good',
      handle: (call) =>
        changed(deps, call, { verb: 'revoke', apply: (key) => revokeKey(deps, key) }),
    },
    {
      ...operatorFacts,
      ...{ method: 'POST', path: `${one}/rotate`, scope: 'manage', audit: 'write' },
      summary: 'Make a key with the same settings, and let the old one end later',
      ...takes('ApiKeyRotation'),
      bodyIsOptional: true,
      handle: (call) => postRotation(deps, call),
    },
  ];
}

async function listKeys(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const data = await answerInTime(deps.clock, async () => {
    const tenant = await requireTenant(deps, call);
    const terms = await deps.terms.read(tenant);
    return (await deps.keys.list(tenant)).map((key) => viewKey(key, terms));
  });
  return { status: 200, body: { object: 'list', data } };
}

async function getKey(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const body = await answerInTime(deps.clock, async () => show(deps, await keyOf(deps, call)));
  return taggedReply(200, body);
}

async function postKey(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const { environment, settings, inFlight } = parseNewKey(call.body);
  const tenant = await answerInTime(deps.clock, () => requireTenant(deps, call));
  const fresh = makeApiKey('tenant', environment);
  const made = await audited(deps, call, {
    action: 'key.create',
    target: `tenant:${tenant}/key:${fresh.keyId}`,
    async change() {
      const value = await registerKey(deps, { tenant, made: fresh, settings, inFlight });
      return { value, before: undefined, after: await show(deps, value.key) };
    },
  });
  return replyWithKey(deps, made);
}

function patchKey(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const request = {
    ...parseKeyChange(call.body),
    version: statedVersion(call.headers('if-match')),
  };
  return changed(deps, call, {
    verb: 'change',
    apply: ({ tenant, keyId }) => changeKey(deps, { tenant, keyId, ...request }),
  });
}

async function postRotation(deps: TenantsDeps, call: AdminCall): Promise<ApiReply> {
  const overlapMs = parseKeyRotation(call.body);
  const old = await answerInTime(deps.clock, () => keyOf(deps, call));
  const { tenant, keyId } = old;
  const made = await audited(deps, call, {
    action: 'key.rotate',
    target: `tenant:${tenant}/key:${keyId}`,
    async change() {
      const before = await show(deps, old);
      const rotation = { tenant, keyId, ...(overlapMs === undefined ? {} : { overlapMs }) };
      const value = await rotateKey(deps, rotation);
      return { value, before, after: await show(deps, value.key) };
    },
  });
  return replyWithKey(deps, made);
}

interface Change {
  readonly verb: string;
  readonly apply: (key: StoredKey) => Promise<StoredKey>;
}

async function changed(
  deps: TenantsDeps,
  call: AdminCall,
  { verb, apply }: Change,
): Promise<ApiReply> {
  const key = await answerInTime(deps.clock, () => keyOf(deps, call));
  const body = await audited(deps, call, {
    action: `key.${verb}`,
    target: `tenant:${key.tenant}/key:${key.keyId}`,
    async change() {
      const before = await show(deps, key);
      const value = await show(deps, await apply(key));
      return { value, before, after: value };
    },
  });
  return taggedReply(200, body);
}

async function replyWithKey(deps: TenantsDeps, { key, text }: MadeKey): Promise<ApiReply> {
  const headers = { Location: `${tenantsPath}/${key.tenant}/keys/${key.keyId}` };
  return taggedReply(201, { ...(await show(deps, key)), key: text }, headers);
}

/** @throws ForebayError `not_found` */
async function keyOf(deps: TenantsDeps, call: AdminCall): Promise<StoredKey> {
  const tenant: TenantId = await requireTenant(deps, call);
  return findKey(deps, { tenant, keyId: call.params['key'] ?? '' });
}

async function show({ terms }: TenantsDeps, key: StoredKey): Promise<JsonObject> {
  return viewKey(key, await terms.read(key.tenant));
}
