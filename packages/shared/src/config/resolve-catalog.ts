/** Turns a checked configuration into the catalogue that everyone else reads. */
import { createHash } from 'node:crypto';
import type {
  Catalog,
  Deployment,
  Model,
  PriceRow,
  Provider,
  Route,
} from '../domain/model-catalog.ts';
import { defaultOutputTokensOf, deploymentName, maxOutputTokensOf } from './model-defaults.ts';
import type { ParsedConfig, ParsedDeployment, ParsedModel, ParsedPrice } from './schema.ts';

/** Hexadecimal digits of a catalogue version: enough to tell a lifetime of reloads apart. */
const versionCharacters = 12;

/** Resolves the catalogue. The configuration has passed `checkReferences` without a problem. */
export function resolveCatalog(config: ParsedConfig): Catalog {
  const providers = mapEntries(config.providers, (settings, name) => ({
    name,
    dialect: settings.dialect,
    baseUrl: settings.base_url,
    apiKeyEnv: settings.api_key_env,
    headers: settings.headers,
  }));
  const models = mapEntries(config.models, (settings, name) =>
    resolveModel({ name, settings }, config, providers),
  );
  const routes = mapEntries(config.routes, (settings, name): Route => ({ name, ...settings }));
  const version = hashOf({ providers, models, routes });
  return deepFreeze({ version, models, routes, providers });
}

interface NamedModel {
  readonly name: string;
  readonly settings: ParsedModel;
}

function resolveModel(
  model: NamedModel,
  config: ParsedConfig,
  providers: ReadonlyMap<string, Provider>,
): Model {
  const { name, settings } = model;
  return {
    name,
    kinds: settings.kinds,
    capabilities: settings.capabilities,
    contextWindowTokens: settings.context_window,
    defaultOutputTokens: defaultOutputTokensOf(settings),
    maxOutputTokens: maxOutputTokensOf(settings),
    imageTokensMax: settings.image_tokens_max,
    timers: {
      connectTimeoutMs: settings.timeouts.connect,
      firstByteTimeoutMs: settings.timeouts.first_byte,
      idleTimeoutMs: settings.timeouts.idle,
      totalTimeoutMs: settings.timeouts.total,
    },
    deployments: settings.deployments.map((deployment) =>
      resolveDeployment(model, deployment, {
        provider: providers.get(deployment.provider),
        settings: config.providers[deployment.provider],
      }),
    ),
    fallbacks: settings.fallbacks,
    tags: settings.tags,
  };
}

/** A provider resolved, and as it was written; without values where no such name exists. */
interface Served {
  readonly provider: Provider | undefined;
  readonly settings: ParsedConfig['providers'][string] | undefined;
}

function resolveDeployment(
  model: NamedModel,
  deployment: ParsedDeployment,
  { provider, settings }: Served,
): Deployment {
  const price = deployment.price ?? model.settings.price;
  if (provider === undefined || settings === undefined || price === undefined) {
    throw new Error(`model ${model.name}: resolved before its references were checked`);
  }
  return {
    id: `${model.name}/${deploymentName(deployment)}`,
    provider,
    upstreamModel: deployment.model ?? model.name,
    concurrency: deployment.concurrency,
    rpm: deployment.rpm,
    rpmBurst: deployment.rpm_burst ?? deployment.concurrency,
    tpm: deployment.tpm,
    weight: deployment.weight,
    order: deployment.order,
    stream: deployment.stream,
    outputCapField: deployment.output_cap_field ?? settings.output_cap_field,
    price: resolvePrice(price),
  };
}

function resolvePrice(price: ParsedPrice): PriceRow {
  return {
    input: price.input,
    cachedInput: price.cached_input ?? price.input,
    // Only pure embedding models have none, and they have no output either.
    output: price.output ?? 0n,
    source: price.source,
  };
}

function mapEntries<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (settings: From, name: string) => To,
): ReadonlyMap<string, To> {
  const entries = Object.entries(record);
  return new Map(entries.map(([name, settings]) => [name, convert(settings, name)]));
}

/** A short hash of plain content, the same for the same content. */
export function hashOf(content: object): string {
  const text = JSON.stringify(content, (_, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return value instanceof Map ? [...value] : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, versionCharacters);
}

/** Freezes plain objects and lists; a map's values are frozen, its interface is read-only. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const children = value instanceof Map ? [...value.values()] : Object.values(value);
  for (const child of children) deepFreeze(child);
  return Object.freeze(value);
}
