// A small valid catalogue for unit tests: every builder gives a plain default and takes
// overrides. Nothing here is loaded from a file; `config/` has its own tests.

import { bearerAuth } from '@forebay/shared/domain/dialects';
import type {
  Catalog,
  Deployment,
  Model,
  Provider,
  Route,
} from '@forebay/shared/domain/model-catalog';
import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { ModelLive, RequestFeatures } from '@forebay/shared/domain/route-plan';

/** Nothing of its own for cache writes and reasoning: they cost what input and output cost. */
export function samplePriceRow(
  rates: Pick<PriceRow, 'input' | 'output'> & Partial<PriceRow>,
): PriceRow {
  return {
    id: 'sample@2026-01-01',
    source: 'test',
    asOf: '2026-01-01',
    cachedInput: rates.input,
    cacheWrite: rates.input,
    reasoning: rates.output,
    tiers: [],
    perRequest: 0n,
    perImage: 0n,
    ...rates,
  };
}

/** One dollar per million input tokens, four per million output tokens. */
export const samplePrice: PriceRow = samplePriceRow({
  input: 1_000_000_000n,
  cachedInput: 500_000_000n,
  output: 4_000_000_000n,
});

const sampleProvider: Provider = {
  name: 'sample',
  dialect: 'openai',
  baseUrl: 'http://127.0.0.1:9/v1',
  paths: {},
  auth: bearerAuth,
  apiKeyEnv: undefined,
  headers: {},
};

export function sampleDeployment(overrides: Partial<Deployment> = {}): Deployment {
  return {
    id: 'sample/main',
    provider: sampleProvider,
    upstreamModel: 'sample',
    concurrency: 4,
    rpm: undefined,
    rpmBurst: 4,
    tpm: undefined,
    weight: 1,
    order: 0,
    stream: true,
    outputCapField: 'max_tokens',
    price: samplePrice,
    ...overrides,
  };
}

export function sampleModel(name: string, overrides: Partial<Model> = {}): Model {
  return {
    name,
    kinds: ['chat.completions'],
    capabilities: [],
    contextWindowTokens: 100_000,
    defaultOutputTokens: 1_000,
    maxOutputTokens: 10_000,
    imageTokensMax: undefined,
    timers: {
      connectTimeoutMs: 5_000,
      firstByteTimeoutMs: 60_000,
      idleTimeoutMs: 30_000,
      totalTimeoutMs: 600_000,
    },
    deployments: [sampleDeployment({ id: `${name}/main`, upstreamModel: name })],
    fallbacks: [],
    contextFallbacks: [],
    contentFallbacks: [],
    tags: [],
    ...overrides,
  };
}

export function sampleCatalog(models: readonly Model[], routes: readonly Route[] = []): Catalog {
  return {
    version: 'sample',
    models: new Map(models.map((model) => [model.name, model])),
    routes: new Map(routes.map((route) => [route.name, route])),
    providers: new Map([[sampleProvider.name, sampleProvider]]),
    aliases: new Map(),
    rules: [],
  };
}

export function sampleFeatures(overrides: Partial<RequestFeatures> = {}): RequestFeatures {
  return {
    kind: 'chat.completions',
    inputTokensBound: 400,
    inputTokensEstimate: 100,
    imageCount: 0,
    outputTokensRequested: undefined,
    choices: 1,
    needs: [],
    ...overrides,
  };
}

export function sampleLive(overrides: Partial<ModelLive> = {}): ModelLive {
  return {
    serviceMs: undefined,
    waiting: 0,
    running: 0,
    concurrency: 4,
    poolAlive: true,
    pausedUntilMs: 0,
    stopped: false,
    ...overrides,
  };
}
