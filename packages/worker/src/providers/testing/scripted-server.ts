/**
 * A provider of raw TCP for one test: it reads a whole request and then does what the script says
 * with the socket, so that answers can break in ways that an HTTP server would not allow.
 */

import { createServer, type Server, type Socket } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly socket: Socket;
}

/** What the server does once a request has come in whole. */
export type Script = (socket: Socket, request: ReceivedRequest) => void;

export interface ScriptedServer {
  /** Base URL for a provider: origin and `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly ReceivedRequest[];
  /** Connections that are open now, and those ever accepted. */
  openConnections(): number;
  acceptedConnections(): number;
  setScript(script: Script): void;
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
}

export async function startScriptedServer(first: Script): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const requests: ReceivedRequest[] = [];
  let script = first;
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Clients of these tests cut connections on purpose.
    socket.on('error', () => {});
    readRequests(socket, (request) => {
      requests.push(request);
      script(socket, request);
    });
  });
  const port = await listen(server);
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    openConnections: () => sockets.size,
    acceptedConnections: () => accepted,
    setScript(next) {
      script = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A complete answer with its true length, on a connection that stays open. */
export function answer({ status = 200, headers = {}, body = '' }: Answer): Script {
  return (socket) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const isJson = typeof body !== 'string';
    const lines = {
      'content-type': isJson ? 'application/json' : 'text/plain',
      ...headers,
      'content-length': String(Buffer.byteLength(text)),
    };
    socket.write(head(status, lines) + text);
  };
}

/** Status line and headers, with the empty line after them. */
export function head(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`;
}

/** The head of a stream whose body is chunked. */
export const streamHead = head(200, {
  'content-type': 'text/event-stream',
  'transfer-encoding': 'chunked',
});

/** One HTTP chunk. An empty text is the end of the body. */
export function httpChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** One event of a stream; text as it is, anything else as JSON. */
export function sseEvent(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function readRequests(socket: Socket, onRequest: (request: ReceivedRequest) => void): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    const headEnd = held.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const [requestLine = '', ...lines] = held.subarray(0, headEnd).toString().split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
    if (held.length < bodyEnd) return;
    const body = held.subarray(headEnd + 4, bodyEnd).toString();
    held = held.subarray(bodyEnd);
    const [method = '', path = ''] = requestLine.split(' ');
    onRequest({ method, path, headers, body, socket });
  });
}
