/** HTTP listeners with limits against slow and greedy clients. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Express } from 'express';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets open requests end for at most `graceMs`, then cuts them. */
  close(clock: Clock, graceMs: number): Promise<void>;
}

const headerBytesMax = 16 * 1024;
const headersMax = 100;
const headersTimeoutMs = 10_000;
const keepAliveTimeoutMs = 5_000;
const connectionsMax = 10_000;

/** @throws when the address cannot be taken. */
export async function listen(app: Express, options: ListenOptions): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      // Bodies have timeouts of their own: a streamed one may take as long as it moves.
      requestTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    app,
  );
  server.maxHeadersCount = headersMax;
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = addressOf(server);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    port,
    url: `http://${host}:${port}`,
    close: (clock, graceMs) => closeServer(server, clock, graceMs),
  };
}

function closeServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.schedule(graceMs, () => server.closeAllConnections());
    server.close(() => {
      cut.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address;
}
