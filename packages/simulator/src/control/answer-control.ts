/** The endpoints under `/_sim` by which tests read and steer a running simulator. */
import { ANY } from '../calls/hold-gate.ts';
import type { Lane } from '../calls/lane.ts';
import type { Exchange } from '../http/exchange.ts';
import { readBody } from '../http/read-body.ts';
import { sendJson } from '../http/send-json.ts';
import { parseScenarioText, ScenarioError } from '../scenario/parse-scenario.ts';
import type { SimulatorState } from '../simulator-state.ts';
import { isRecord } from '../text/is-record.ts';
import { queryNumber, WAIT_MS_MAX } from './query-number.ts';
import { simulatorStats } from './simulator-stats.ts';

const CONTROL_BYTES_MAX = 4 * 1024 * 1024;

type Handler = (state: SimulatorState, exchange: Exchange, query: URLSearchParams) => Promise<void>;

const ROUTES: Record<string, Handler> = {
  'GET /_sim/bill': (state, exchange) => sendJson(exchange, 200, { data: state.book.bill() }),
  'DELETE /_sim/bill': async (state, exchange) => {
    state.book.clear();
    state.requests.clear();
    await sendJson(exchange, 200, { cleared: true });
  },
  'GET /_sim/calls': answerCalls,
  'GET /_sim/requests': (state, exchange) =>
    sendJson(exchange, 200, { data: state.requests.all() }),
  'GET /_sim/stats': (state, exchange) => sendJson(exchange, 200, simulatorStats(state)),
  'POST /_sim/scenario': replaceScenario,
  'POST /_sim/hold': (state, exchange) => steerGate(exchange, (lane) => state.gate.hold(lane)),
  'POST /_sim/release': (state, exchange) =>
    steerGate(exchange, (lane) => state.gate.release(lane)),
  'GET /_sim/held': answerHeld,
};

/** Answers one control request; an unknown one gets a 404 that lists the known ones. */
export async function answerControl(
  state: SimulatorState,
  exchange: Exchange,
  url: URL,
): Promise<void> {
  const handler = ROUTES[`${exchange.request.method} ${url.pathname}`];
  if (handler !== undefined) return handler(state, exchange, url.searchParams);
  return sendJson(exchange, 404, { error: 'no such control', known: Object.keys(ROUTES) });
}

async function answerCalls(
  state: SimulatorState,
  exchange: Exchange,
  query: URLSearchParams,
): Promise<void> {
  const atLeast = queryNumber(query, 'at_least', { fallback: 0, max: Number.MAX_SAFE_INTEGER });
  const enough = () => state.book.calls().length >= atLeast;
  const reached = await state.book.changes.waitFor(enough, waitOptions(exchange, query));
  await sendJson(exchange, 200, { reached, data: state.book.calls() });
}

async function answerHeld(
  state: SimulatorState,
  exchange: Exchange,
  query: URLSearchParams,
): Promise<void> {
  const lane = {
    deployment: query.get('deployment') ?? ANY,
    model: query.get('model') ?? ANY,
  };
  const atLeast = queryNumber(query, 'at_least', { fallback: 0, max: Number.MAX_SAFE_INTEGER });
  const enough = () => state.gate.heldCount(lane) >= atLeast;
  const reached = await state.gate.changes.waitFor(enough, waitOptions(exchange, query));
  const held = state.gate.heldCount(lane);
  await sendJson(exchange, 200, { reached, held, lanes: state.gate.all() });
}

function waitOptions(exchange: Exchange, query: URLSearchParams) {
  const timeoutMs = queryNumber(query, 'wait_ms', { fallback: 0, max: WAIT_MS_MAX });
  return { timeoutMs, signal: exchange.signal };
}

async function replaceScenario(state: SimulatorState, exchange: Exchange): Promise<void> {
  const text = await readText(exchange);
  try {
    state.replaceScenario(parseScenarioText(text));
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return sendJson(exchange, 400, { error: error.message, problems: error.problems });
  }
  return sendJson(exchange, 200, { replaced: true });
}

async function steerGate(exchange: Exchange, steer: (lane: Lane) => void): Promise<void> {
  const text = await readText(exchange);
  const body = parseObject(text === '' ? '{}' : text);
  if (body === null) return sendJson(exchange, 400, { error: 'expected a JSON object' });
  const { deployment = ANY, model = ANY } = body;
  if (typeof deployment !== 'string' || typeof model !== 'string') {
    return sendJson(exchange, 400, { error: 'deployment and model are texts' });
  }
  const lane = { deployment, model };
  steer(lane);
  return sendJson(exchange, 200, lane);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // The caller's mistake, answered with a 400.
    return null;
  }
}

async function readText(exchange: Exchange): Promise<string> {
  const read = await readBody(exchange.request, CONTROL_BYTES_MAX);
  return read.kind === 'read' ? read.body.toString() : '';
}
