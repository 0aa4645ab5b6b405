import type { Exchange } from './exchange.ts';

/** Answers a control request. */
export function sendJson(exchange: Exchange, status: number, value: unknown): Promise<void> {
  return exchange.send({
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value)}\n`,
  });
}
