/** The client of all providers: one call, one outcome, whatever dialect the provider speaks. */
import { limits } from '@forebay/shared/domain/limits';
import type { DialectName, Provider } from '@forebay/shared/domain/model-catalog';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import type {
  CallOutcome,
  ProviderCall,
  ProviderClient,
} from '@forebay/shared/ports/provider-client';
import type { Clock } from '@forebay/shared/runtime/clock';
import { type AnswerSink, interpretExchange } from './answers/interpret-exchange.ts';
import { anthropicDialect } from './anthropic/anthropic-dialect.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import type { Dialect, Untranslatable } from './dialect.ts';
import { geminiDialect } from './gemini/gemini-dialect.ts';
import { buildUrl } from './http/build-url.ts';
import { callHeaders } from './http/call-headers.ts';
import { collectBytes } from './http/collect-bytes.ts';
import type { ResponseHead } from './http/exchange.ts';
import { headerValue } from './http/headers.ts';
import { createTransport, type Transport } from './http/transport.ts';
import { openAiDialect } from './openai/openai-dialect.ts';

const dialects: Readonly<Record<DialectName, Dialect>> = {
  openai: openAiDialect,
  anthropic: anthropicDialect,
  gemini: geminiDialect,
};

export interface ProviderClientDeps {
  readonly clock: Clock;
  /** A key by the name of its variable, looked up for every call; `undefined`: there is none. */
  readonly resolveKey: (name: string) => string | undefined;
  /** Longest answer body; the limit of the domain unless a test asks for less. */
  readonly answerBytesMax?: number;
}

/** A client for all providers. It owns its connections; close it at the end. */
export function createProviderClient(deps: ProviderClientDeps): ProviderClient {
  const transport = createTransport({ clock: deps.clock });
  return {
    async call(call) {
      if (call.signal.aborted) return abortedBeforeSending();
      const { provider } = call.deployment;
      const credentials = readCredentials(provider, deps.resolveKey);
      if (credentials.kind === 'missing') return noKey(provider, credentials.name);
      return send({ ...deps, transport }, call, credentials);
    },
    close: () => transport.close(),
  };
}

async function send(
  deps: ProviderClientDeps & { readonly transport: Transport },
  call: ProviderCall,
  credentials: Credentials,
): Promise<CallOutcome> {
  const { deployment, attemptId } = call;
  const { provider } = deployment;
  const dialect = dialects[provider.dialect];
  const request = dialect.buildRequest(call);
  if (request.kind === 'untranslatable') return notTranslated(request);
  const template = provider.paths[call.kind] ?? request.path;
  const { origin, path } = buildUrl(provider, template, deployment.upstreamModel);
  const body = JSON.stringify({ ...provider.fields, ...request.body });
  const nowMs = deps.clock.nowMs();
  let sink: AnswerSink | undefined;
  const lane = { id: deployment.id, origin, connections: deployment.concurrency };
  const exchange = await deps.transport.send(lane, {
    path,
    headers: callHeaders({
      provider,
      attemptId,
      dialectHeaders: request.headers,
      credentials: credentials.headers({ origin, path, body, nowMs }),
    }),
    body,
    timers: call.timers,
    signal: call.signal,
    answerBytesMax: deps.answerBytesMax ?? limits.answerBytesMax,
    receive(head) {
      const streams = request.isStreamed && isEventStream(head);
      sink = streams ? dialect.openStream(call) : collectBytes();
      return sink;
    },
  });
  const secrets = [...credentials.secrets, ...Object.values(provider.headers)];
  const readBody = (body: Parameters<Dialect['readBody']>[1]) => dialect.readBody(call, body);
  const interpretDeps = { nowMs: deps.clock.nowMs(), secrets, readBody };
  return interpretExchange(interpretDeps, call, { exchange, sink });
}

/** A server may answer unstreamed although a stream was asked for; its answer is as good. */
function isEventStream(head: ResponseHead): boolean {
  const isSuccess = head.status >= 200 && head.status < 300;
  const contentType = headerValue(head.headers, 'content-type') ?? '';
  return isSuccess && /^text\/event-stream\b/i.test(contentType);
}

/** As a provider would answer it, so that the deployment stops with an alarm. */
function noKey(provider: Provider, name: string): CallOutcome {
  const message = `provider ${provider.name}: ${name} holds no usable key`;
  return refusedBeforeSending('unauthorized', 'key_missing', message);
}

function notTranslated({ param, detail }: Untranslatable): CallOutcome {
  return refusedBeforeSending('bad_request', 'unsupported_field', `\`${param}\` ${detail}`);
}

function refusedBeforeSending(errorClass: ErrorClass, code: string, message: string): CallOutcome {
  return {
    kind: 'failed',
    errorClass,
    ambiguity: 'not_sent',
    status: undefined,
    code,
    message,
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
