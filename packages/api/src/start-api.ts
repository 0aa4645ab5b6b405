/**
 * The life of an API process: both listeners open when everything behind them works. A stop turns
 * readiness off, answers who waits, lets open requests end, and only then lets go of the store.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import type { ApiParts } from './compose.ts';
import { listen } from './http/listen.ts';

export interface ApiAddresses {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
}

export interface RunningApi {
  /** The ports that were really taken. */
  readonly port: number;
  readonly adminPort: number;
  stop(): Promise<void>;
}

/** Requests that still run when a stop begins have this long. */
const closeGraceMs = 5_000;

export async function startApi(parts: ApiParts, addresses: ApiAddresses): Promise<RunningApi> {
  const { host, port, adminPort } = addresses;
  for (const service of parts.services) service.start();
  const publicListener = await listen(parts.publicApp, { host, port });
  const adminListener = await listen(parts.adminApp, { host, port: adminPort });
  return {
    port: publicListener.port,
    adminPort: adminListener.port,
    async stop() {
      parts.drain.begin();
      await publicListener.close(systemClock, closeGraceMs);
      await adminListener.close(systemClock, closeGraceMs);
      await Promise.all(parts.services.map((service) => service.stop()));
      await parts.close();
    },
  };
}
