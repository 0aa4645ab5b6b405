/** `forebay breaker`. */
import { userInfo } from 'node:os';
import { parseDuration } from '@forebay/shared/config/quantities';
import { breakerWhyExpected, isBreakerWhy } from '@forebay/shared/domain/breaker-why';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { BreakerOrder } from '@forebay/shared/ports/lane-store';
import type { Store } from '@forebay/shared/redis/open-store';
import { auditedCommand } from '../audit/audited-command.ts';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { UsageError } from '../program/usage-error.ts';
import { withStore } from '../store/with-store.ts';
import { configuredModels } from './configured-models.ts';

export async function runBreaker(input: CommandInput): Promise<number> {
  const { options, terminal, environment } = input;
  const why = readWhy(options.text('why'));
  const env = readSettings(environment);
  const { model, deployment } = requireDeployment(input);
  const state = input.arguments[1] === 'open' ? 'open' : 'closed';
  const unaskedMs = state === 'open' ? limits.breakerByHandMsMax : 0;
  const forMs = readForMs(options.text('for')) ?? unaskedMs;
  const by = `cli:${userInfo().username}`;
  const order: BreakerOrder = { deployment, state, forMs, by, why };
  terminal.document(await withStore(env, (store) => setBreaker(store, model, order)));
  terminal.out(`${deployment.id}: ${state}\n`);
  return exitCode.done;
}

function setBreaker(
  { lanes, audit }: Store,
  model: string,
  order: BreakerOrder,
): Promise<JsonObject> {
  const { deployment, state, forMs, why = null } = order;
  return auditedCommand(audit, {
    action: 'breaker.set',
    target: `model:${model}/deployment:${deployment.id}`,
    async change() {
      const before = await lanes.setBreaker(model, order);
      const after = { state, for_ms: forMs, why };
      return { value: { id: deployment.id, model, ...after }, before: { state: before }, after };
    },
  });
}

/** @throws UsageError for one that is not configured or has no breaker. */
function requireDeployment(input: CommandInput) {
  const [named = ''] = input.arguments;
  const models = [...configuredModels(input.environment).values()];
  const all = models.flatMap(({ name, deployments }) =>
    deployments.map((deployment) => ({ model: name, deployment })),
  );
  const found = all.find(({ deployment }) => deployment.id === named);
  if (found === undefined) {
    const known = all.map(({ deployment }) => deployment.id).join(', ');
    throw new UsageError(`Expected one of ${known}; got "${named}".`);
  }
  if (found.deployment.breaker !== undefined) return found;
  throw new UsageError(`The breaker of ${found.model} is off in the configuration.`);
}

function readForMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const forMs = parseDuration(text) ?? 0;
  if (forMs >= 1 && forMs <= limits.breakerByHandMsMax) return forMs;
  throw new UsageError(`--for: expected a duration up to 30d, such as 90s or 2h; got "${text}".`);
}

function readWhy(text: string | undefined): string | undefined {
  if (text === undefined || isBreakerWhy(text)) return text;
  throw new UsageError(`--why: ${breakerWhyExpected}.`);
}
