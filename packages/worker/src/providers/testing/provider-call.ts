/**
 * A call to a provider with every field filled in; a test names only what it is about.
 */

import { dialectRules } from '@forebay/shared/domain/dialects';
import type { JsonObject } from '@forebay/shared/domain/json';
import type {
  AttemptTimers,
  DialectName,
  JobKind,
  OutputCapField,
  Provider,
  ProviderAuth,
  ThinkingForm,
} from '@forebay/shared/domain/model-catalog';

import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';

const freePrice: PriceRow = {
  id: 'test',
  source: 'test',
  asOf: undefined,
  input: 0n,
  cachedInput: 0n,
  cacheWrite: 0n,
  output: 0n,
  reasoning: 0n,
  tiers: [],
  perRequest: 0n,
  perImage: 0n,
};

export interface CallOverrides {
  readonly kind?: JobKind;
  readonly body?: JsonObject;
  readonly upstreamModel?: string;
  readonly stream?: boolean;
  readonly outputCapField?: OutputCapField;
  readonly thinking?: ThinkingForm;
  readonly concurrency?: number;
  readonly outputCapTokens?: number;
  readonly timers?: Partial<AttemptTimers>;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly dialect?: DialectName;
  readonly paths?: Provider['paths'];
  readonly hasStrictMessages?: boolean;
  readonly auth?: ProviderAuth;
  readonly fields?: JsonObject;
  readonly apiKeyEnv?: string;
  readonly attemptId?: string;
  readonly onDelta?: ProviderCall['onDelta'];
}

/** Long enough that only a test that shortens one of them ever meets it. */
const patientTimers: AttemptTimers = {
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 10_000,
  idleTimeoutMs: 10_000,
  totalTimeoutMs: 15_000,
};

const bodyOfKind: Readonly<Record<JobKind, JsonObject>> = {
  'chat.completions': { model: 'small', messages: [{ role: 'user', content: 'Say hello.' }] },
  embeddings: { model: 'small', input: 'hello' },
  responses: { model: 'small', input: 'Say hello.' },
};

export function callTo(baseUrl: string, overrides: CallOverrides = {}): ProviderCall {
  const kind = overrides.kind ?? 'chat.completions';
  const dialect = overrides.dialect ?? 'openai';
  return {
    kind,
    deployment: {
      id: 'small/east',
      provider: {
        name: 'scripted',
        dialect,
        baseUrl,
        paths: overrides.paths ?? {},
        auth: overrides.auth ?? dialectRules[dialect].auth,
        fields: overrides.fields,
        apiKeyEnv: overrides.apiKeyEnv,
        headers: overrides.headers ?? {},
        hasStrictMessages: overrides.hasStrictMessages ?? false,
      },
      upstreamModel: overrides.upstreamModel ?? 'upstream-small',
      concurrency: overrides.concurrency ?? 4,
      rpm: undefined,
      rpmBurst: 1,
      tpm: undefined,
      weight: 1,
      order: 0,
      stream: overrides.stream ?? true,
      outputCapField: overrides.outputCapField ?? 'max_completion_tokens',
      thinking: overrides.thinking,
      price: freePrice,
    },
    body: overrides.body ?? bodyOfKind[kind],
    outputCapTokens: overrides.outputCapTokens ?? 64,
    attemptId: overrides.attemptId ?? 'job_test.1',
    timers: { ...patientTimers, ...overrides.timers },
    signal: overrides.signal ?? new AbortController().signal,
    onDelta: overrides.onDelta,
  };
}
