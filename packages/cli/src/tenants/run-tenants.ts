/** `forebay tenants …`. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { formatUsd, type NanoUsd } from '@forebay/shared/domain/money';
import type { Tenant, TenantSettings, TenantStatus } from '@forebay/shared/domain/tenant';
import type { TenantTerms } from '@forebay/shared/domain/tenant-terms';
import { findTenant } from '@forebay/shared/tenants/find-tenant';
import { inFlightMax } from '@forebay/shared/tenants/in-flight';
import {
  changeTenant,
  createTenant,
  setTenantStatus,
} from '@forebay/shared/tenants/manage-tenants';
import { viewTenant } from '@forebay/shared/tenants/view-tenant';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Operating, operate } from './operate.ts';
import { readTenant } from './read-tenant.ts';
import { countOf, usdOf } from './setting-options.ts';

export async function runTenantsList(input: CommandInput): Promise<number> {
  const { terminal } = input;
  await operate(input, async ({ tenants, terms }) => {
    const rows: (readonly string[])[] = [];
    for (const tenant of await tenants.list()) {
      const its = await terms.read(tenant.id);
      terminal.document(viewTenant(tenant, its));
      const most = amount(tenant.ceilingMax);
      rows.push([tenant.id, tenant.name, statusOf(tenant, its), most, dayOf(tenant)]);
    }
    terminal.out(formatTable(['tenant', 'name', 'status', 'max ceiling USD', 'created'], rows));
  });
  return exitCode.done;
}

export async function runTenantsShow(input: CommandInput): Promise<number> {
  const id = tenantOf(input);
  await operate(input, async (deps) => show(input.terminal, deps, await findTenant(deps, id)));
  return exitCode.done;
}

export function runTenantsCreate(input: CommandInput): Promise<number> {
  const wanted = wantedOf(input);
  return change(input, 'create', (deps, id) => createTenant(deps, { id, ...wanted }));
}

export function runTenantsUpdate(input: CommandInput): Promise<number> {
  const wanted = wantedOf(input);
  return change(input, 'change', async (deps, id) => {
    await findTenant(deps, id);
    return changeTenant(deps, { id, ...wanted });
  });
}

export function runTenantsSuspend(input: CommandInput): Promise<number> {
  return change(input, 'suspend', (deps, id) => setStatus(deps, id, 'suspended'));
}

export function runTenantsResume(input: CommandInput): Promise<number> {
  return change(input, 'resume', (deps, id) => setStatus(deps, id, 'active'));
}

async function setStatus(deps: Operating, id: TenantId, status: TenantStatus): Promise<Tenant> {
  await findTenant(deps, id);
  return setTenantStatus(deps, id, status);
}

/** Makes a change that the audit log has, and shows the tenant afterwards. */
async function change(
  input: CommandInput,
  verb: string,
  apply: (deps: Operating, id: TenantId) => Promise<Tenant>,
): Promise<number> {
  const id = tenantOf(input);
  await operate(input, async (deps) => {
    const tenant = await auditedCommand(deps.audit, {
      action: `tenant.${verb}`,
      target: `tenant:${id}`,
      async change() {
        const before = await stateOf(deps, id);
        const value = await apply(deps, id);
        return { value, before, after: await stateOf(deps, id) };
      },
    });
    await show(input.terminal, deps, tenant);
  });
  return exitCode.done;
}

async function stateOf({ tenants, terms }: Operating, id: TenantId) {
  const tenant = await tenants.read(id);
  return tenant && viewTenant(tenant, await terms.read(id));
}

function tenantOf({ arguments: [name] }: CommandInput): TenantId {
  return readTenant(name, 'tenant');
}

function wantedOf(input: CommandInput) {
  return { settings: settingsOf(input), inFlight: countOf(input.options, 'max-in-flight', 'max') };
}

function settingsOf({ options }: CommandInput): Partial<TenantSettings> {
  const name = options.text('name');
  return {
    ...(name === undefined ? {} : { name }),
    ...usdOf(options, 'default-ceiling', 'ceilingDefault'),
    ...usdOf(options, 'max-ceiling', 'ceilingMax'),
    ...countOf(options, 'brownout', 'brownoutPercent'),
  };
}

async function show(terminal: Terminal, { terms }: Operating, tenant: Tenant): Promise<void> {
  const its = await terms.read(tenant.id);
  terminal.document(viewTenant(tenant, its));
  const { ceilingDefault, ceilingMax, brownoutPercent } = tenant;
  const running = inFlightMax(its, { kind: 'tenant' });
  const lines: readonly (readonly [string, string])[] = [
    ['tenant', tenant.id],
    ['name', tenant.name],
    ['status', statusOf(tenant, its)],
    ['default ceiling', `${amount(ceilingDefault)} USD`],
    ['max ceiling', `${amount(ceilingMax)} USD`],
    ['brownout', brownoutPercent === undefined ? '-' : `below ${brownoutPercent} %`],
    ['max in flight', running === undefined ? '-' : String(running)],
    ['created', dayOf(tenant)],
  ];
  for (const [name, value] of lines) terminal.out(`  ${name.padEnd(16)} ${value}\n`);
}

function statusOf({ status }: Tenant, { paused, stopped }: TenantTerms): string {
  if (status !== 'active') return status;
  if (stopped !== undefined) return `stopped: ${stopped}`;
  return paused ? 'paused' : status;
}

function amount(value: NanoUsd | undefined): string {
  return value === undefined ? '-' : formatUsd(value);
}

function dayOf({ createdAtMs }: Tenant): string {
  return new Date(createdAtMs).toISOString().slice(0, 10);
}
