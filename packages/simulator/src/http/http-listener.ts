import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A listening server. */
export interface HttpListener {
  url: string;
  /** Stops listening and ends every socket. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Long, so that an idle connection is never closed by this side while a caller picks it for its
 * next request: that would be a fault nobody asked for.
 */
const KEEP_ALIVE_MS = 300_000;

/** Starts a server and resolves once it listens; port 0 takes a free one. */
export function listen(
  address: { host: string; port: number },
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HttpListener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, handle);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      resolve({ url: `http://${host}:${port}`, close });
    });
  });
}
