/** The Redis of the local mode: the user's own, or a child that is started again when it dies. */
import { join } from 'node:path';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { type RedisProcess, startRedisServer } from './redis-server.ts';

export interface LocalRedisDeps {
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

export interface LocalRedis {
  readonly url: string;
  /** Told to the user: whose it is and where its data lies. */
  readonly description: string;
  stop(): Promise<void>;
  kill(): void;
}

const restartDelayMs = 200;

/** @param given the user's own server; without one, a child keeps its data under `dataDir`. */
export async function openLocalRedis(
  deps: LocalRedisDeps,
  given: string | undefined,
  dataDir: string,
): Promise<LocalRedis> {
  if (given !== undefined) {
    const nothing = async (): Promise<void> => {};
    return { url: given, description: 'from REDIS_URL', stop: nothing, kill: () => {} };
  }
  const folder = join(dataDir, 'redis');
  const stopping = new AbortController();
  let server: RedisProcess = await startRedisServer({ dataDir: folder, appendfsync: 'always' });
  const { port, url } = server;
  const superviseLoop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const end = await server.exited;
      if (stopping.signal.aborted) return;
      const how = end.signal === null ? `ended with exit code ${end.code}` : `got ${end.signal}`;
      deps.report(`redis ${how}; starting it again on its data (log: ${folder}/redis.log)`);
      await wait(deps.clock, restartDelayMs, stopping.signal);
      server = await startRedisServer({ dataDir: folder, port, appendfsync: 'always' });
    }
  };
  const supervising = superviseLoop().catch((error: unknown) => {
    // Without its store nothing can go on; the user sees why, and /readyz says so too.
    deps.report(`redis cannot be started again: ${String(error)}`);
  });
  return {
    url,
    description: `process ${server.pid}, data in ${folder}`,
    async stop() {
      stopping.abort();
      await server.stop();
      await supervising;
    },
    kill() {
      stopping.abort();
      void server.kill('SIGKILL');
    },
  };
}
