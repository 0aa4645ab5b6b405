/** `forebay pause`, `forebay drain`, `forebay resume`. */
import type { EnvSource } from '@forebay/shared/config/read-env';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { LaneHold } from '@forebay/shared/domain/route-plan';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { findTenant } from '@forebay/shared/tenants/find-tenant';
import { holdTenant, type TenantHold } from '@forebay/shared/tenants/hold-tenant';
import { viewTenant } from '@forebay/shared/tenants/view-tenant';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';
import { readTenant } from '../tenants/read-tenant.ts';
import { configuredModels } from './configured-models.ts';

type Verb = Exclude<TenantHold, 'suspend'>;

const laneHoldOf = {
  pause: 'paused',
  drain: 'draining',
  resume: undefined,
} as const satisfies Record<Verb, LaneHold | undefined>;

export const runPause = (input: CommandInput) => runHold(input, 'pause');

export const runDrain = (input: CommandInput) => runHold(input, 'drain');

export const runResume = (input: CommandInput) => runHold(input, 'resume');

async function runHold(input: CommandInput, verb: Verb): Promise<number> {
  const { options, terminal, environment } = input;
  const env = readSettings(environment);
  const [model, tenant] = [options.text('model'), options.text('tenant')];
  if ((model === undefined) === (tenant === undefined)) {
    throw new UsageError(`Name one of both: ${verb} --model NAME, or ${verb} --tenant NAME.`);
  }
  const view = await withStore(env, (store) =>
    model === undefined
      ? holdOne(store, verb, readTenant(tenant, '--tenant'))
      : holdModel(store, verb, requireModel(environment, model)),
  );
  terminal.document(view);
  const status = statusIn(view);
  const paused = view['paused'] === true ? ', paused' : '';
  terminal.out(`${model ?? tenant}: ${status}${paused}\n`);
  return exitCode.done;
}

function holdModel({ lanes, audit }: Store, verb: Verb, model: string): Promise<JsonObject> {
  return auditedCommand(audit, {
    action: `model.${verb}`,
    target: `model:${model}`,
    async change() {
      const before = await lanes.hold(model, laneHoldOf[verb]);
      const value = { id: model, status: laneHoldOf[verb] ?? 'open' };
      return { value, before: { status: before ?? 'open' }, after: { status: value.status } };
    },
  });
}

function holdOne(store: Store, verb: Verb, id: TenantId): Promise<JsonObject> {
  const { tenants, apiKeys: keys, terms, audit } = store;
  return auditedCommand(audit, {
    action: `tenant.${verb}`,
    target: `tenant:${id}`,
    async change() {
      const tenant = await findTenant({ tenants, keys }, id);
      const before = viewTenant(tenant, await terms.read(id));
      const after = await holdTenant({ tenants, terms, clock: systemClock }, id, verb);
      const value = viewTenant(after, await terms.read(id));
      return { value, before, after: value };
    },
  });
}

/** A misspelt name would hold nothing and say nothing. */
function requireModel(environment: EnvSource, model: string): string {
  const models = configuredModels(environment);
  if (models.has(model)) return model;
  throw new UsageError(
    `--model: expected one of ${[...models.keys()].join(', ')}; got "${model}".`,
  );
}

function statusIn({ status }: JsonObject): string {
  return typeof status === 'string' ? status : '';
}
