/**
 * A real Redis for the tests of one file: started once, shared, each test in a namespace of its
 * own. Not synced to disk unless asked, which makes it fast and still survives `kill -9`.
 */
import { randomBytes } from 'node:crypto';
import { type RedisProcess, startRedisServer } from '@forebay/cli/local/redis-server';
import { afterAll, beforeAll } from 'vitest';
import { makeFolder, removeFolder } from './scratch-folder.ts';

export interface TestRedisOptions {
  readonly appendfsync?: 'always' | 'everysec' | 'no';
}

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** The running server; after `restart` another one on the same port and data. */
  readonly server: RedisProcess;
  /** Starts the server again on its port and data, after a test has killed it. */
  restart(): Promise<void>;
}

/** Registers hooks that start a server before the file's tests and end it after them. */
export function useRedis(options: TestRedisOptions = {}): () => TestRedis {
  const appendfsync = options.appendfsync ?? 'no';
  const folder = makeFolder('redis');
  let server: RedisProcess | undefined;
  beforeAll(async () => {
    server = endWithThisProcess(await startRedisServer({ dataDir: folder, appendfsync }));
  });
  afterAll(async () => {
    await server?.stop();
    removeFolder(folder);
  });
  return () => {
    if (server === undefined) throw new Error('Redis is up only inside tests');
    const current = server;
    return {
      url: current.url,
      port: current.port,
      server: current,
      async restart() {
        const { port } = current;
        await current.exited;
        const next = await startRedisServer({ dataDir: folder, port, appendfsync });
        server = endWithThisProcess(next);
      },
    };
  };
}

/** A namespace that no other test uses. */
export function freshNamespace(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** A server must not outlive a test run that ends without its hooks. */
export function endWithThisProcess(server: RedisProcess): RedisProcess {
  const end = (): void => {
    try {
      process.kill(server.pid, 'SIGKILL');
    } catch {
      // It has ended already, which is what was wanted.
    }
  };
  process.once('exit', end);
  void server.exited.then(() => process.off('exit', end));
  return server;
}
