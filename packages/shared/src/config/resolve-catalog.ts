/** Turns a checked configuration into the catalogue that everyone else reads. */
import type { BreakerSettings } from '../domain/breaker.ts';
import { bearerAuth, dialectRules } from '../domain/dialects.ts';
import type {
  Alias,
  Catalog,
  Deployment,
  Model,
  Provider,
  ProviderAuth,
  Route,
  RouteShadow,
} from '../domain/model-catalog.ts';
import { type ChosenPrice, choosePrice } from './choose-price.ts';
import { hashOf } from './content-hash.ts';
import { defaultOutputTokensOf, deploymentName, maxOutputTokensOf } from './model-defaults.ts';
import type { PriceBook } from './price-book.ts';
import type { ParsedConfig, ParsedDeployment, ParsedModel } from './schema.ts';
import type { ShadowSettings } from './shadow-schema.ts';

/** Resolves the catalogue. The configuration has passed `checkReferences` without a problem. */
export function resolveCatalog(config: ParsedConfig, book: PriceBook): Catalog {
  const providers = mapEntries(config.providers, (settings, name) => ({
    name,
    dialect: settings.dialect,
    baseUrl: settings.base_url,
    paths: settings.paths,
    ...(settings.query === undefined ? {} : { query: settings.query }),
    ...(settings.stream_usage ? {} : { asksStreamUsage: false }),
    ...(settings.strict_messages ? { hasStrictMessages: true } : {}),
    auth: resolveAuth(settings),
    ...(settings.fields === undefined ? {} : { fields: settings.fields }),
    apiKeyEnv: settings.api_key_env,
    headers: settings.headers,
  }));
  const models = mapEntries(config.models, (settings, name) =>
    resolveModel({ name, settings }, { config, book, providers }),
  );
  const routes = mapEntries(config.routes, resolveRoute);
  const { exploration } = config.routing;
  const aliases = mapEntries(config.aliases, (settings, name): Alias => ({ name, ...settings }));
  const rules = config.rules.map(({ name, when, then: effects }) => ({ name, when, effects }));
  const content = { providers, models, routes, aliases, rules, exploration };
  return deepFreeze({ version: hashOf(content), ...content });
}

function resolveRoute(settings: ParsedConfig['routes'][string], name: string): Route {
  const { strategy, targets, canary, shadow, weights, goal, min_quality: minQuality } = settings;
  return {
    name,
    strategy,
    targets,
    ...(canary === undefined ? {} : { canary }),
    ...(shadow === undefined ? {} : { shadow: resolveShadow(shadow) }),
    ...(weights === undefined ? {} : { weights }),
    ...(goal === undefined ? {} : { goal: { quality: goal.quality, deadlineMs: goal.deadline } }),
    ...(minQuality === undefined ? {} : { minQuality }),
  };
}

function resolveShadow({ expires, ...shadow }: ShadowSettings): RouteShadow {
  return { ...shadow, expiresMs: expires };
}

/** Without a word about it the key goes where the dialect expects it. */
function resolveAuth({ dialect, auth }: ParsedConfig['providers'][string]): ProviderAuth {
  if (auth === undefined) return dialectRules[dialect].auth;
  if (auth === 'bearer') return bearerAuth;
  if (auth === 'x-api-key') return { kind: 'header', name: auth, scheme: undefined };
  const { header, sigv4 } = auth;
  if (sigv4 !== undefined) {
    const { region, service, access_key_id_env, session_token_env } = sigv4;
    const names = { accessKeyIdEnv: access_key_id_env, sessionTokenEnv: session_token_env };
    return { kind: 'sigv4', region, service, ...names };
  }
  if (header !== undefined) return { kind: 'header', name: header, scheme: undefined };
  return dialectRules[dialect].auth;
}

interface Surroundings {
  readonly config: ParsedConfig;
  readonly book: PriceBook;
  readonly providers: ReadonlyMap<string, Provider>;
}

interface NamedModel {
  readonly name: string;
  readonly settings: ParsedModel;
}

function resolveModel(model: NamedModel, { config, book, providers }: Surroundings): Model {
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
        price: choosePrice({ modelName: name, model: settings, deployment, config }, book),
      }),
    ),
    fallbacks: settings.fallbacks,
    contextFallbacks: settings.context_fallbacks,
    contentFallbacks: settings.content_fallbacks,
    tags: settings.tags,
    ...(settings.quality === undefined ? {} : { quality: settings.quality }),
    ...(settings.retires === undefined ? {} : { retiresAtMs: settings.retires }),
    ...(settings.replaced_by === undefined ? {} : { replacedBy: settings.replaced_by }),
  };
}

/** A provider resolved, and as it was written; without values where no such name exists. */
interface Served {
  readonly price: ChosenPrice;
  readonly provider: Provider | undefined;
  readonly settings: ParsedConfig['providers'][string] | undefined;
}

function resolveDeployment(
  model: NamedModel,
  deployment: ParsedDeployment,
  { provider, settings, price }: Served,
): Deployment {
  if (provider === undefined || settings === undefined || price.kind === 'unpriced') {
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
    ...(settings.dialect === 'openai'
      ? {}
      : { thinking: deployment.thinking ?? settings.thinking }),
    price: price.row,
    ...(model.settings.breaker === 'off' ? {} : { breaker: breakerOf(model.settings.breaker) }),
  };
}

function breakerOf(settings: Exclude<ParsedModel['breaker'], 'off'>): BreakerSettings {
  return {
    failures: settings.failures,
    errorRate: settings.error_rate,
    callsMin: settings.min_calls,
    openMs: settings.open,
    openMsMax: settings.max_open,
    rampMs: settings.ramp,
  };
}

function mapEntries<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (settings: From, name: string) => To,
): ReadonlyMap<string, To> {
  const entries = Object.entries(record);
  return new Map(entries.map(([name, settings]) => [name, convert(settings, name)]));
}

/** Freezes plain objects and lists; a map's values are frozen, its interface is read-only. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const children = value instanceof Map ? [...value.values()] : Object.values(value);
  for (const child of children) deepFreeze(child);
  return Object.freeze(value);
}
