import { gzipSync } from 'node:zlib';
import type { Exchange } from '../http/exchange.ts';
import { sleep, waitUntilAborted } from '../timing/wait.ts';
import type { SinkBehaviour } from './sink-behaviour.ts';

const FILLER = Buffer.alloc(64 * 1024, 'x');

/** One gzip member of 64 MB of zeros is about 64 KB; this many of them unpack to 1 GB. */
const BOMB_MEMBER_BYTES = 64 * 1024 * 1024;
const BOMB_MEMBERS = 16;

/** Answers a delivery as its path says. Rejects when the sender goes away. */
export async function performBehaviour(
  exchange: Exchange,
  behaviour: SinkBehaviour,
): Promise<void> {
  switch (behaviour.kind) {
    case 'status':
      return answerStatus(exchange, behaviour.status, behaviour.headers);
    case 'delay':
      await sleep(behaviour.delayMs, exchange.signal);
      return answerStatus(exchange, 200, {});
    case 'hang':
      return waitUntilAborted(exchange.signal);
    case 'slow_body':
      return sendWithoutEnd(exchange, Buffer.from('x'), behaviour.intervalMs);
    case 'endless_body':
      return sendWithoutEnd(exchange, FILLER, 0);
    case 'gzip_bomb':
      return sendBomb(exchange);
    case 'reset':
      return exchange.resetSocket();
  }
}

function answerStatus(
  exchange: Exchange,
  status: number,
  headers: Record<string, string>,
): Promise<void> {
  const type = { 'content-type': 'text/plain' };
  const body = status === 204 || status === 304 ? '' : `${status}\n`;
  return exchange.send({ status, headers: { ...type, ...headers }, body });
}

async function sendWithoutEnd(
  exchange: Exchange,
  chunk: Buffer,
  intervalMs: number,
): Promise<void> {
  exchange.open(200, { 'content-type': 'text/plain' });
  while (!exchange.signal.aborted) {
    await exchange.write(chunk);
    await sleep(intervalMs, exchange.signal);
  }
}

async function sendBomb(exchange: Exchange): Promise<void> {
  const member = gzipSync(Buffer.alloc(BOMB_MEMBER_BYTES));
  const body = Buffer.concat(Array.from({ length: BOMB_MEMBERS }, () => member));
  const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
  await exchange.send({ status: 200, headers, body });
}
