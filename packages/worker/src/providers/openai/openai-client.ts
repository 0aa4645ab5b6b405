/** The adapter for every provider that speaks the OpenAI dialect: one call, one outcome. */
import { limits } from '@forebay/shared/domain/limits';
import type { Provider } from '@forebay/shared/domain/model-catalog';
import type {
  CallOutcome,
  ProviderCall,
  ProviderClient,
} from '@forebay/shared/ports/provider-client';
import type { Clock } from '@forebay/shared/runtime/clock';
import { collectBytes } from '../http/collect-bytes.ts';
import type { ResponseHead } from '../http/exchange.ts';
import { headerValue } from '../http/headers.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import { buildBody, buildHeaders, buildUrl, streamsUpstream } from './build-request.ts';
import { createChatStream } from './chat-stream.ts';
import { type AnswerSink, interpretExchange } from './interpret-exchange.ts';

export interface OpenAiClientDeps {
  readonly clock: Clock;
  /** The key of a provider, looked up for every call; `undefined` when there is none. */
  readonly resolveKey: (provider: Provider) => string | undefined;
  /** Longest answer body; the limit of the domain unless a test asks for less. */
  readonly answerBytesMax?: number;
}

/** A client for all providers of this dialect. It owns its connections; close it at the end. */
export function createOpenAiProviderClient(deps: OpenAiClientDeps): ProviderClient {
  const transport = createTransport({ clock: deps.clock });
  return {
    async call(call) {
      if (call.signal.aborted) return abortedBeforeSending();
      const { provider } = call.deployment;
      const key = deps.resolveKey(provider);
      if (!isUsableKey(provider, key)) return noKey(provider);
      return send({ ...deps, transport }, call, key);
    },
    close: () => transport.close(),
  };
}

async function send(
  deps: OpenAiClientDeps & { readonly transport: Transport },
  call: ProviderCall,
  key: string | undefined,
): Promise<CallOutcome> {
  const { deployment, attemptId } = call;
  const { origin, path } = buildUrl(deployment, call.kind);
  let sink: AnswerSink | undefined;
  const lane = { id: deployment.id, origin, connections: deployment.concurrency };
  const exchange = await deps.transport.send(lane, {
    path,
    headers: buildHeaders({ deployment, attemptId, key }),
    body: JSON.stringify(buildBody(call)),
    timers: call.timers,
    signal: call.signal,
    answerBytesMax: deps.answerBytesMax ?? limits.answerBytesMax,
    receive(head) {
      sink = isStream(call, head) ? createChatStream(call.onDelta) : collectBytes();
      return sink;
    },
  });
  const secrets = [key, ...Object.values(deployment.provider.headers)].filter(isDefined);
  const interpretDeps = { nowMs: deps.clock.nowMs(), secrets };
  return interpretExchange(interpretDeps, call, { exchange, sink });
}

/** A server may answer unstreamed although a stream was asked for; its answer is as good. */
function isStream(call: ProviderCall, head: ResponseHead): boolean {
  const isSuccess = head.status >= 200 && head.status < 300;
  const contentType = headerValue(head.headers, 'content-type') ?? '';
  return isSuccess && streamsUpstream(call) && /^text\/event-stream\b/i.test(contentType);
}

/** Only visible characters: others would break the header, or smuggle in a second one. */
function isUsableKey(provider: Provider, key: string | undefined): boolean {
  if (key === undefined) return provider.apiKeyEnv === undefined;
  return /^[\x21-\x7e]+$/.test(key);
}

/** As a provider would answer it, so that the deployment stops with an alarm; nothing was sent. */
function noKey(provider: Provider): CallOutcome {
  return {
    kind: 'failed',
    errorClass: 'unauthorized',
    ambiguity: 'refused',
    status: undefined,
    code: 'key_missing',
    message: `provider ${provider.name}: ${provider.apiKeyEnv ?? 'its key'} holds no usable key`,
    retryAfterMs: undefined,
    usage: undefined,
    ...noAnswer,
  };
}

function abortedBeforeSending(): CallOutcome {
  return { kind: 'aborted', ambiguity: 'not_sent', ...noAnswer };
}

const noAnswer = {
  requestId: undefined,
  rateLimits: undefined,
  timings: { firstByteMs: undefined, totalMs: 0 },
} as const;

function isDefined(value: string | undefined): value is string {
  return value !== undefined;
}
