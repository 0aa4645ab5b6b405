/** `/admin/v1/admin-keys`: keys of operators, each with its scopes. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { digestApiKey, makeApiKey } from '@forebay/shared/keys/api-key';
import type { AdminKeyStore, StoredAdminKey } from '@forebay/shared/ports/admin-key-store';
import { answerInTime } from '../http/answer-in-time.ts';
import type { AdminCall, ApiReply, Operator } from '../http/api-call.ts';
import type { AdminRoute } from '../http/route-table.ts';
import { type AuditedDeps, audited } from './audited.ts';
import { operatorFacts, takes } from './operator-facts.ts';
import { type AdminKeyRequest, parseAdminKeyRequest } from './parse-admin-key-request.ts';

export interface AdminKeyRoutesDeps extends AuditedDeps {
  readonly adminKeys: AdminKeyStore;
  readonly pepper: string;
}

const path = '/admin/v1/admin-keys';

export function adminKeyRoutes(deps: AdminKeyRoutesDeps): readonly AdminRoute[] {
  const facts = { ...operatorFacts, scope: 'manage' } as const;
  return [
    {
      ...facts,
      ...{ method: 'GET', path, audit: 'read' },
      summary: 'List the admin keys',
      handle: () => listKeys(deps),
    },
    {
      ...facts,
      ...{ method: 'POST', path, audit: 'write' },
      summary: 'Make an admin key and show it, this once',
      ...takes('AdminKey'),
      handle: (call) => postKey(deps, call),
    },
    {
      ...facts,
      ...{ method: 'DELETE', path: `${path}/:id`, audit: 'write' },
      summary: 'Remove an admin key',
      handle: (call) => deleteKey(deps, call),
    },
  ];
}

async function listKeys({ adminKeys, clock }: AdminKeyRoutesDeps): Promise<ApiReply> {
  const keys = await answerInTime(clock, () => adminKeys.list());
  return { status: 200, body: { object: 'list', data: keys.map(viewKey) } };
}

async function postKey(deps: AdminKeyRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const wanted = parseAdminKeyRequest(call.body);
  requireOwnScopes(call.operator, wanted);
  const made = makeApiKey('admin', 'live');
  const nowMs = deps.clock.nowMs();
  const { name, scopes, expiresInMs } = wanted;
  const key: StoredAdminKey = {
    ...{ keyId: made.keyId, name, scopes },
    digest: digestApiKey(made.text, deps.pepper),
    createdAtMs: nowMs,
    expiresAtMs: expiresInMs === undefined ? undefined : nowMs + expiresInMs,
  };
  const view = viewKey(key);
  await audited(deps, call, {
    action: 'admin_key.create',
    target: `admin_key:${key.keyId}`,
    async change() {
      await requireRoom(deps.adminKeys);
      await deps.adminKeys.write(key);
      return { value: undefined, before: undefined, after: view };
    },
  });
  const headers = { Location: `${path}/${key.keyId}` };
  return { status: 201, headers, body: { ...view, key: made.text } };
}

async function deleteKey(deps: AdminKeyRoutesDeps, call: AdminCall): Promise<ApiReply> {
  const id = call.params['id'] ?? '';
  const before = await answerInTime(deps.clock, () => deps.adminKeys.read(id));
  if (before === undefined) throw noSuchKey();
  await audited(deps, call, {
    action: 'admin_key.remove',
    target: `admin_key:${before.keyId}`,
    async change() {
      if (!(await deps.adminKeys.remove(before.keyId))) throw noSuchKey();
      return { value: undefined, before: viewKey(before), after: undefined };
    },
  });
  return { status: 200, body: { id: before.keyId, object: 'admin_key.deleted', deleted: true } };
}

/** Whoever may make keys must not make themselves more than they are. */
function requireOwnScopes(operator: Operator, { scopes }: AdminKeyRequest): void {
  const lacking = scopes.filter((scope) => !operator.scopes.includes(scope));
  if (lacking.length === 0) return;
  const names = lacking.join(', ');
  const detail = `A key gives only scopes that it has itself; this one lacks ${names}.`;
  throw new ForebayError('forbidden', detail, { param: 'scopes' });
}

/** Two calls at once may pass it by one: the bound keeps a list short, nothing depends on it. */
async function requireRoom(adminKeys: Pick<AdminKeyStore, 'list'>): Promise<void> {
  if ((await adminKeys.list()).length < limits.adminKeysMax) return;
  const detail = `There may be ${limits.adminKeysMax} admin keys. Remove one first.`;
  throw new ForebayError('invalid_request', detail);
}

function viewKey({ keyId, name, scopes, createdAtMs, expiresAtMs }: StoredAdminKey): JsonObject {
  return {
    ...{ id: keyId, object: 'admin_key', name, scopes },
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString(),
  };
}

function noSuchKey(): ForebayError {
  return new ForebayError('not_found', 'There is no such admin key. Check the id.');
}
