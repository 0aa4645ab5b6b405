/** The webhook sink: keeps every request that comes, answers as its path says. */
import { queryNumber, WAIT_MS_MAX } from '../control/query-number.ts';
import { OccurrenceCounter } from '../faults/occurrence-counter.ts';
import type { Exchange } from '../http/exchange.ts';
import { sendJson } from '../http/send-json.ts';
import { DeliveryLog } from './deliveries.ts';
import { performBehaviour } from './perform-behaviour.ts';
import { sinkBehaviour } from './sink-behaviour.ts';

const KEPT_BYTES_MAX = 1024 * 1024;

/** Everything one sink remembers. */
export class SinkState {
  readonly deliveries = new DeliveryLog();
  /** Deliveries per path, for behaviours that change after some. */
  readonly paths = new OccurrenceCounter();
}

/** Answers one request to the sink. Rejects when the sender goes away. */
export async function answerSink(state: SinkState, exchange: Exchange): Promise<void> {
  const url = new URL(exchange.request.url ?? '/', 'http://sink.invalid');
  if (url.pathname.startsWith('/_sink/')) return answerControl(state, exchange, url);
  return receive(state, exchange, url);
}

async function receive(state: SinkState, exchange: Exchange, url: URL): Promise<void> {
  const { request } = exchange;
  const at = new Date().toISOString();
  const { bytes, size } = await readKept(exchange);
  const post = request.method === 'POST';
  const n = post ? state.paths.count(url.pathname) : 0;
  const behaviour = post
    ? sinkBehaviour(url.pathname, n)
    : { kind: 'status' as const, status: 405, headers: { allow: 'POST' } };
  const headers = Object.keys(request.headers).map((name) => [name, exchange.header(name) ?? '']);
  state.deliveries.add({
    at,
    method: request.method ?? '',
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(headers),
    raw_headers: request.rawHeaders,
    body_base64: bytes.toString('base64'),
    size_bytes: size,
    truncated: size > bytes.length,
    behaviour: behaviour.kind,
    status: statusOf(behaviour),
  });
  await performBehaviour(exchange, behaviour);
}

function statusOf(behaviour: ReturnType<typeof sinkBehaviour>): number | null {
  if (behaviour.kind === 'status') return behaviour.status;
  return behaviour.kind === 'hang' || behaviour.kind === 'reset' ? null : 200;
}

async function readKept(exchange: Exchange): Promise<{ bytes: Buffer; size: number }> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.request) {
    // Without an encoding set, a request yields buffers only.
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    const room = Math.max(KEPT_BYTES_MAX - size, 0);
    if (room > 0) kept.push(bytes.subarray(0, room));
    size += bytes.length;
  }
  return { bytes: Buffer.concat(kept), size };
}

async function answerControl(state: SinkState, exchange: Exchange, url: URL): Promise<void> {
  const prefix = url.searchParams.get('path') ?? '';
  switch (`${exchange.request.method} ${url.pathname}`) {
    case 'GET /_sink/deliveries':
      return sendJson(exchange, 200, { data: state.deliveries.all(prefix) });
    case 'DELETE /_sink/deliveries':
      state.deliveries.clear();
      state.paths.clear();
      return sendJson(exchange, 200, { cleared: true });
    case 'GET /_sink/wait': {
      const many = { fallback: 1, max: Number.MAX_SAFE_INTEGER };
      const count = queryNumber(url.searchParams, 'count', many);
      const wait = { fallback: 10_000, max: WAIT_MS_MAX };
      const timeoutMs = queryNumber(url.searchParams, 'wait_ms', wait);
      const reached = await state.deliveries.changes.waitFor(
        () => state.deliveries.count(prefix) >= count,
        { timeoutMs, signal: exchange.signal },
      );
      return sendJson(exchange, 200, { reached, data: state.deliveries.all(prefix) });
    }
    default:
      return sendJson(exchange, 404, { error: 'no such control' });
  }
}
