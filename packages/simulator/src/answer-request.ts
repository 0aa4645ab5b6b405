import type { CallKind } from './bill/call-line.ts';
import { runCall } from './calls/run-call.ts';
import { answerControl } from './control/answer-control.ts';
import type { Exchange } from './http/exchange.ts';
import { refusal, refusalBody } from './http/openai-error.ts';
import { answerModels } from './models/answer-models.ts';
import { DEFAULT_DEPLOYMENT } from './scenario/scenario.ts';
import type { SimulatorState } from './simulator-state.ts';

const CALL_PATHS: Record<string, CallKind> = {
  '/v1/chat/completions': 'chat.completions',
  '/v1/embeddings': 'embeddings',
  '/v1/responses': 'responses',
};

const DEPLOYMENT_PREFIX = /^\/d\/([^/]+)(\/v1\/.*)$/;

/** Sends a request to its endpoint. */
export async function answerRequest(state: SimulatorState, exchange: Exchange): Promise<void> {
  const { method } = exchange.request;
  const url = new URL(exchange.request.url ?? '/', 'http://simulator.invalid');
  if (url.pathname.startsWith('/_sim/')) return answerControl(state, exchange, url);
  const prefixed = DEPLOYMENT_PREFIX.exec(url.pathname);
  const deployment = decodeName(prefixed?.[1] ?? DEFAULT_DEPLOYMENT);
  const path = prefixed?.[2] ?? url.pathname;
  const kind = CALL_PATHS[path];
  if (kind !== undefined && method === 'POST') {
    return runCall(state, exchange, { deployment, kind });
  }
  if (method === 'GET' && path === '/v1/models') {
    return answerModels(state.scenario, exchange, { deployment, model: null });
  }
  if (method === 'GET' && path.startsWith('/v1/models/')) {
    const model = decodeName(path.slice('/v1/models/'.length));
    return answerModels(state.scenario, exchange, { deployment, model });
  }
  const status = kind === undefined ? 404 : 405;
  const message = `Invalid URL (${method} ${url.pathname})`;
  const headers = { 'content-type': 'application/json' };
  return exchange.send({ status, headers, body: refusalBody(refusal(status, { message })) });
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
