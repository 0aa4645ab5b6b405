import { type CallTarget, runCall } from './calls/run-call.ts';
import { answerControl } from './control/answer-control.ts';
import { googleForm } from './gemini/google-form.ts';
import type { Exchange } from './http/exchange.ts';
import { refusal, refusalBody } from './http/openai-error.ts';
import { openAiForm } from './http/openai-form.ts';
import { anthropicForm } from './messages/anthropic-form.ts';
import { answerModels } from './models/answer-models.ts';
import { DEFAULT_DEPLOYMENT } from './scenario/scenario.ts';
import type { SimulatorState } from './simulator-state.ts';

type Endpoint = Omit<CallTarget, 'deployment'>;

const CALL_PATHS: Record<string, Endpoint> = {
  '/v1/chat/completions': { kind: 'chat.completions', form: openAiForm },
  '/v1/embeddings': { kind: 'embeddings', form: openAiForm },
  '/v1/responses': { kind: 'responses', form: openAiForm },
  '/v1/messages': { kind: 'messages', form: anthropicForm },
};

const DEPLOYMENT_PREFIX = /^\/d\/([^/]+)(\/v1(?:beta)?\/.*)$/;

/** Sends a request to its endpoint. */
export async function answerRequest(state: SimulatorState, exchange: Exchange): Promise<void> {
  const { method } = exchange.request;
  const url = new URL(exchange.request.url ?? '/', 'http://simulator.invalid');
  if (url.pathname.startsWith('/_sim/')) return answerControl(state, exchange, url);
  const prefixed = DEPLOYMENT_PREFIX.exec(url.pathname);
  const deployment = decodeName(prefixed?.[1] ?? DEFAULT_DEPLOYMENT);
  const path = prefixed?.[2] ?? url.pathname;
  const endpoint = CALL_PATHS[path] ?? geminiEndpoint(path, url.searchParams);
  if (endpoint !== undefined && method === 'POST') {
    return runCall(state, exchange, { deployment, ...endpoint });
  }
  if (method === 'GET' && path === '/v1/models') {
    return answerModels(state.scenario, exchange, { deployment, model: null });
  }
  if (method === 'GET' && path.startsWith('/v1/models/')) {
    const model = decodeName(path.slice('/v1/models/'.length));
    return answerModels(state.scenario, exchange, { deployment, model });
  }
  const status = endpoint === undefined ? 404 : 405;
  const message = `Invalid URL (${method} ${url.pathname})`;
  const headers = { 'content-type': 'application/json' };
  return exchange.send({ status, headers, body: refusalBody(refusal(status, { message })) });
}

const GEMINI_PATH = /^\/v1beta\/models\/([^/]+):(generateContent|streamGenerateContent)$/;

/** Model and streaming stand in the path; a stream that is no event stream is not simulated. */
function geminiEndpoint(path: string, query: URLSearchParams): Endpoint | undefined {
  const [, model, method] = GEMINI_PATH.exec(path) ?? [];
  if (model === undefined) return undefined;
  const stream = method === 'streamGenerateContent';
  if (stream && query.get('alt') !== 'sse') return undefined;
  const asked = { model: decodeName(model), stream };
  return { kind: 'generate_content', form: googleForm, path: asked };
}

/** Percent-decodes a name; one that cannot be decoded stands for itself. */
function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Malformed escapes are the caller's; the text as it came names nothing known.
    return text;
  }
}
