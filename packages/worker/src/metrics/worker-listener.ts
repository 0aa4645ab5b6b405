/**
 * What a worker answers over HTTP, for probes and for Prometheus: `/healthz` (the process lives),
 * `/readyz` (it can take work) and `/metrics`. Open to whoever reaches it, so it binds loopback
 * unless the operator says otherwise. Nothing of a job can be asked here.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WorkerListenerDeps {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> };
  readonly onError: (error: unknown) => void;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why, for people and probes: names and plain values. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface WorkerListener {
  readonly port: number;
  close(): Promise<void>;
}

const connectionsMax = 64;
const slowClientMs = 10_000;

/** @throws when the address cannot be taken. */
export async function openWorkerListener(deps: WorkerListenerDeps): Promise<WorkerListener> {
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: slowClientMs,
      requestTimeout: slowClientMs,
      keepAliveTimeout: slowClientMs,
    },
    (request, response) => {
      // A query is of no use here.
      const [path = '/'] = (request.url ?? '/').split('?');
      request.resume();
      answer(deps, { method: request.method ?? '', path }, response).catch((error: unknown) => {
        deps.onError(error);
        if (response.headersSent) response.destroy();
        else sendText(response, 500, 'The page could not be made.\n');
      });
    },
  );
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: deps.host, port: deps.port }, () => {
      server.off('error', reject);
      server.on('error', deps.onError);
      resolve();
    });
  });
  return { port: portOf(server), close: () => closeServer(server) };
}

interface Asked {
  readonly method: string;
  readonly path: string;
}

async function answer(
  deps: WorkerListenerDeps,
  { method, path }: Asked,
  response: ServerResponse,
): Promise<void> {
  if (!['/healthz', '/readyz', '/metrics'].includes(path)) {
    sendText(response, 404, 'There are /healthz, /readyz and /metrics.\n');
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendText(response, 405, 'Only to be read.\n');
    return;
  }
  if (path === '/healthz') sendJson(response, 200, { status: 'ok' });
  else if (path === '/readyz') {
    const { ready, facts } = await deps.readiness();
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', ...facts });
  } else {
    const text = await deps.metrics.scrape();
    response.writeHead(200, { 'Content-Type': deps.metrics.contentType }).end(text);
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

function portOf(server: Server): number {
  // A server that listens on TCP has an address with a port.
  return (server.address() as AddressInfo).port;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
