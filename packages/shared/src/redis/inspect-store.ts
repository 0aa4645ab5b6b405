/** What a server says about itself, for a check by hand: nothing is written. */
import { connectRedis, type RedisClient } from './connection.ts';
import { epochKey } from './keys.ts';

export interface ServerFacts {
  /** `host:port`, or what the server calls itself. */
  readonly name: string;
  /** Such as `7.0.15`; of Valkey its own. */
  readonly version: string;
  readonly isValkey: boolean;
  readonly evictionPolicy: string;
  readonly appendsToDisk: boolean;
  /** `always`, `everysec` or `no`; `undefined` where the server keeps it to itself. */
  readonly appendFsync: string | undefined;
  /** The server's clock, milliseconds since 1970. */
  readonly nowMs: number;
}

/** How long one question may take. */
const commandTimeoutMs = 5_000;

/**
 * Asks a server, or each master of a cluster.
 *
 * @throws ForebayError `store_unavailable` when it does not answer.
 */
export function inspectStore(url: string): Promise<readonly ServerFacts[]> {
  return withClient(url, (client) => {
    const servers = 'nodes' in client ? client.nodes('master') : [client];
    return Promise.all(servers.map(factsOf));
  });
}

/** Whether a process has opened the store before. @throws as {@link inspectStore}. */
export function isStoreInUse(url: string, namespace: string): Promise<boolean> {
  return withClient(url, async (client) => (await client.exists(epochKey(namespace))) === 1);
}

async function withClient<T>(url: string, use: (client: RedisClient) => Promise<T>): Promise<T> {
  const client = await connectRedis({
    url,
    name: 'inspection',
    commandTimeoutMs,
    whenAway: 'fail',
    // Each command reports its own failure.
    onError: () => {},
  });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

type SingleClient = Exclude<RedisClient, { nodes: unknown }>;

async function factsOf(server: SingleClient): Promise<ServerFacts> {
  const [info, time, appendFsync] = await Promise.all([
    server.info(),
    server.time(),
    readFsync(server),
  ]);
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const [seconds = 0, microseconds = 0] = time.map(Number);
  return {
    name: `port ${field('tcp_port') ?? 'unknown'}`,
    version: valkey ?? field('redis_version') ?? 'unknown',
    isValkey: valkey !== undefined,
    evictionPolicy: field('maxmemory_policy') ?? 'unknown',
    appendsToDisk: field('aof_enabled') === '1',
    appendFsync,
    nowMs: seconds * 1_000 + microseconds / 1_000,
  };
}

async function readFsync(server: SingleClient): Promise<string | undefined> {
  try {
    const reply: unknown = await server.config('GET', 'appendfsync');
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch {
    // Hosted servers forbid the command; whether they append is known all the same.
    return undefined;
  }
}
