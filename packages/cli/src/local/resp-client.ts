/**
 * The few words of the Redis protocol that starting a server takes: one command at a time over
 * a raw socket. Not a client for jobs; those go through the store.
 */
import { connect, type Socket } from 'node:net';
import { ForebayError } from '@forebay/shared/domain/forebay-error';

/** A reply; an error reply of the server is a value, because `LOADING` is one to wait on. */
export type RespReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly RespReply[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly text: string };

export interface RespClient {
  /** Sends one command and resolves with its reply; rejects when the connection ends first. */
  send(...words: readonly string[]): Promise<RespReply>;
  close(): void;
}

/** Connects to a server on this machine. Rejects when nobody listens there. */
export function connectResp(port: number): Promise<RespClient> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(clientOver(socket));
    });
  });
}

interface Waiting {
  readonly resolve: (reply: RespReply) => void;
  readonly reject: (error: Error) => void;
}

function clientOver(socket: Socket): RespClient {
  const queue: Waiting[] = [];
  let received = Buffer.alloc(0);
  let ended = false;
  const fail = (cause?: unknown): void => {
    ended = true;
    const error = new ForebayError('store_unavailable', 'Redis closed the connection', { cause });
    for (const waiting of queue.splice(0)) waiting.reject(error);
  };
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let parsed = parseReply(received, 0); parsed; parsed = parseReply(received, 0)) {
      received = received.subarray(parsed.end);
      queue.shift()?.resolve(parsed.reply);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => fail());
  return {
    send(...words) {
      return new Promise((resolve, reject) => {
        queue.push({ resolve, reject });
        if (ended) fail();
        else socket.write(encodeCommand(words));
      });
    },
    close: () => void socket.destroy(),
  };
}

function encodeCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

interface Parsed {
  readonly reply: RespReply;
  readonly end: number;
}

/** Reads the reply that starts at `start`; `undefined` while it is not complete. */
function parseReply(bytes: Buffer, start: number): Parsed | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const mark = String.fromCharCode(bytes[start] ?? 0);
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  if (mark === '-') return { reply: { kind: 'error', text: line }, end };
  if (mark === '$') return parseBulk(bytes, end, Number(line));
  if (mark === '*') return parseList(bytes, end, Number(line));
  return { reply: { kind: 'text', text: line }, end };
}

function parseBulk(bytes: Buffer, start: number, sizeBytes: number): Parsed | undefined {
  if (sizeBytes < 0) return { reply: { kind: 'none' }, end: start };
  const end = start + sizeBytes + 2;
  if (bytes.length < end) return undefined;
  return { reply: { kind: 'text', text: bytes.toString('utf8', start, end - 2) }, end };
}

function parseList(bytes: Buffer, start: number, count: number): Parsed | undefined {
  const items: RespReply[] = [];
  let end = start;
  for (let index = 0; index < count; index += 1) {
    const item = parseReply(bytes, end);
    if (item === undefined) return undefined;
    items.push(item.reply);
    end = item.end;
  }
  return { reply: { kind: 'list', items }, end };
}
