/** The server's clock, by which leases, deadlines and retention go. */
import type { RedisClient } from './connection.ts';

export async function serverTimeMs(deps: {
  readonly client: RedisClient;
  readonly clockOffsetMs: () => number;
}): Promise<number> {
  const [seconds, microseconds] = await deps.client.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) + deps.clockOffsetMs();
}
