/** A real HTTP server whose answers a test writes, one handler for each request in order. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientClock, createForebayClient, type ForebayClient } from '@forebay/client';
import { onTestFinished } from 'vitest';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface ScriptedApi {
  readonly client: ForebayClient;
  /** What the client sent, in order. */
  readonly requests: readonly SeenRequest[];
  /** The pauses that the client made, in milliseconds. */
  readonly pausesMs: readonly number[];
  /** Lets time pass for the client. */
  readonly advance: (byMs: number) => void;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** Further requests than there are handlers get the last one again. */
export async function startScriptedApi(handlers: readonly Handler[]): Promise<ScriptedApi> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const handler = handlers[Math.min(requests.length, handlers.length - 1)];
    requests.push({ method, url, headers });
    // Clients that go away in the middle are part of these tests.
    request.on('error', () => {});
    void handler?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  const pausesMs: number[] = [];
  const time = { nowMs: 0 };
  const client = createForebayClient({
    baseUrl: `http://127.0.0.1:${port}/`,
    apiKey: 'fb_test_key',
    clock: instantClock(time, pausesMs),
  });
  const advance = (byMs: number): void => {
    time.nowMs += byMs;
  };
  return { client, requests, pausesMs, advance };
}

/** Waits take no time, apart from those for a connection to fall silent, which never ends. */
function instantClock(time: { nowMs: number }, pausesMs: number[]): ClientClock {
  return {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    random: () => 1,
    wait(delayMs, signal) {
      if (delayMs < 45_000) {
        pausesMs.push(delayMs);
        time.nowMs += delayMs;
        return Promise.resolve();
      }
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
  };
}

export function answerJson(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Handler {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Closes the connection without an answer. */
export const hangUp: Handler = (request) => {
  request.socket.destroy();
};
