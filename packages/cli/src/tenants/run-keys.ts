/**
 * `forebay keys …`. A new key goes to standard output alone, so that a script can take it; words
 * go beside it.
 */
import { parseDuration } from '@forebay/shared/config/quantities';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { type KeySettings, keyScopes, type StoredKey } from '@forebay/shared/ports/key-store';
import { findTenant } from '@forebay/shared/tenants/find-tenant';
import { hasEnded } from '@forebay/shared/tenants/has-ended';
import {
  changeKey,
  type MadeKey,
  registerKey,
  revokeKey,
  rotateKey,
} from '@forebay/shared/tenants/manage-keys';
import { viewKey } from '@forebay/shared/tenants/view-tenant';
import type { KeyRef } from '@forebay/shared/tenants/write-key';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput, OptionValues } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { formatTable } from '../terminal/format-table.ts';
import { type Operating, operate, pepperOf } from './operate.ts';
import { readTenant } from './read-tenant.ts';
import { countOf, listOf, namesOf, timeOf, usdOf, weightsOf } from './setting-options.ts';

export async function runKeysList(input: CommandInput): Promise<number> {
  const { options, terminal } = input;
  const tenant = readTenant(options.text('tenant'), '--tenant');
  await operate(input, async ({ tenants, keys, terms, clock }) => {
    await findTenant({ tenants, keys }, tenant);
    const its = await terms.read(tenant);
    const rows = (await keys.list(tenant)).map((key) => {
      terminal.document(viewKey(key, its));
      const { keyId, label, environment, lastUsedDay, expiresAtMs } = key;
      const state = stateOf(key, clock.nowMs());
      return [keyId, label, environment, state, lastUsedDay ?? 'never', timeText(expiresAtMs)];
    });
    const head = ['key', 'label', 'environment', 'state', 'last used', 'expires'];
    terminal.out(formatTable(head, rows));
  });
  return exitCode.done;
}

/** @throws UsageError without a tenant or a pepper */
export async function runKeysCreate(input: CommandInput): Promise<number> {
  const { options } = input;
  const tenant = readTenant(options.text('tenant'), '--tenant');
  const pepper = pepperOf(input);
  const made = makeApiKey('tenant', options.text('environment') ?? 'live');
  const wanted = wantedOf(options);
  await operate(input, async (deps) => {
    const ref = { tenant, keyId: made.keyId };
    const fresh = await audited(deps, { verb: 'create', ref }, () =>
      registerKey({ ...deps, pepper }, { tenant, made, ...wanted }),
    );
    await handOut(input, deps, fresh);
  });
  return exitCode.done;
}

export async function runKeysUpdate(input: CommandInput): Promise<number> {
  const wanted = wantedOf(input.options);
  await operate(input, async (deps) => {
    const { tenant, keyId } = await find(input, deps);
    const ref = { tenant, keyId };
    const key = await audited(deps, { verb: 'change', ref }, () =>
      changeKey(deps, { ...ref, ...wanted }),
    );
    await tell(input, deps, key);
  });
  return exitCode.done;
}

export async function runKeysRevoke(input: CommandInput): Promise<number> {
  await operate(input, async (deps) => {
    const ref = await find(input, deps);
    const order = { verb: 'revoke', ref };
    await tell(input, deps, await audited(deps, order, () => revokeKey(deps, ref)));
  });
  return exitCode.done;
}

export async function runKeysRotate(input: CommandInput): Promise<number> {
  const pepper = pepperOf(input);
  const overlap = input.options.text('overlap');
  const overlapMs = overlap === undefined ? undefined : parseDuration(overlap);
  await operate(input, async (deps) => {
    const { tenant, keyId } = await find(input, deps);
    const ref = { tenant, keyId };
    const rotation = { ...ref, ...(overlapMs === undefined ? {} : { overlapMs }) };
    const made = await audited(deps, { verb: 'rotate', ref }, () =>
      rotateKey({ ...deps, pepper }, rotation),
    );
    await handOut(input, deps, made);
  });
  return exitCode.done;
}

interface KeyOrder {
  readonly verb: string;
  readonly ref: KeyRef;
}

/** Makes a change that the audit log has. */
function audited<T>(deps: Operating, { verb, ref }: KeyOrder, apply: () => Promise<T>): Promise<T> {
  return auditedCommand(deps.audit, {
    action: `key.${verb}`,
    target: `tenant:${ref.tenant}/key:${ref.keyId}`,
    async change() {
      const before = await viewOf(deps, ref);
      const value = await apply();
      return { value, before, after: await viewOf(deps, ref) };
    },
  });
}

async function viewOf({ keys, terms }: Operating, { tenant, keyId }: KeyRef) {
  const key = await keys.read(keyId);
  return key && viewKey(key, await terms.read(tenant));
}

async function handOut(input: CommandInput, { terms }: Operating, made: MadeKey): Promise<void> {
  const { terminal } = input;
  const { keyId, tenant } = made.key;
  terminal.note(
    `made key ${keyId} of tenant ${tenant}; it is shown this once, the store has only its digest`,
  );
  terminal.out(`${made.text}\n`);
  const view = viewKey(made.key, await terms.read(tenant));
  terminal.document({ ...view, key: made.text, key_id: keyId });
}

async function tell(
  { terminal }: CommandInput,
  { terms }: Operating,
  key: StoredKey,
): Promise<void> {
  const done = key.revokedAtMs === undefined ? 'changed' : 'revoked';
  terminal.note(`${done} key ${key.keyId} of tenant ${key.tenant}`);
  terminal.document(viewKey(key, await terms.read(key.tenant)));
}

/** @throws ForebayError `not_found` */
async function find(
  { arguments: [keyId = ''] }: CommandInput,
  { keys }: Operating,
): Promise<StoredKey> {
  const key = await keys.read(keyId);
  if (key !== undefined) return key;
  throw new ForebayError('not_found', `There is no key ${JSON.stringify(keyId)}.`);
}

function wantedOf(options: OptionValues) {
  return { settings: settingsOf(options), inFlight: countOf(options, 'max-in-flight', 'max') };
}

function settingsOf(options: OptionValues): Partial<KeySettings> {
  const label = options.text('label');
  const named = options.all('scope');
  const urgency = options.text('most-urgent');
  const cidrs = options.all('cidr');
  const late = options.text('accept-late');
  return {
    ...(label === undefined ? {} : { label }),
    ...(named.length === 0 ? {} : { scopes: keyScopes.filter((each) => named.includes(each)) }),
    ...timeOf(options, 'expires-at', 'expiresAtMs'),
    ...listOf(options, 'model', 'models'),
    ...namesOf(options, 'prefer', 'preferredModels'),
    ...namesOf(options, 'avoid', 'avoidedModels'),
    ...weightsOf(options, 'weight', 'weights'),
    ...(urgency === undefined ? {} : { priorityMin: Number(urgency) }),
    ...usdOf(options, 'default-ceiling', 'ceilingDefault'),
    ...usdOf(options, 'max-ceiling', 'ceilingMax'),
    ...(cidrs.length === 0 ? {} : { sourceCidrs: cidrs.includes('any') ? [] : cidrs }),
    ...countOf(options, 'requests-per-minute', 'requestsPerMinute'),
    ...countOf(options, 'max-queued', 'queuedMax'),
    ...(late === undefined ? {} : { acceptsLate: late === 'none' ? undefined : late === 'yes' }),
  };
}

function stateOf(key: StoredKey, nowMs: number): string {
  if (key.revokedAtMs !== undefined) return 'revoked';
  if (hasEnded(key, nowMs)) return 'expired';
  return key.replacedBy === undefined ? 'live' : `replaced by ${key.replacedBy}`;
}

function timeText(atMs: number | undefined): string {
  return atMs === undefined ? 'never' : new Date(atMs).toISOString().slice(0, 19);
}
