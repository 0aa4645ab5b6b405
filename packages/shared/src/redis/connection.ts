/**
 * Connections to Redis: a single server or a cluster, told apart by asking the server.
 *
 * Unanswered commands are sent again after a reconnect (ioredis' default). That is safe for us
 * because every script gives its first answer again when it is repeated (S1).
 */
import { Cluster, Redis } from 'ioredis';
import { ForebayError } from '../domain/forebay-error.ts';

export type RedisClient = Redis | Cluster;

export interface ConnectionSettings {
  readonly url: string;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** After this an unanswered command is an error; the server may have done it all the same. */
  readonly commandTimeoutMs: number | undefined;
  /**
   * `fail`: commands fail at once while the server is away (callers wait for an answer).
   * `wait`: commands wait for the server (background work).
   */
  readonly whenAway: 'fail' | 'wait';
  /** Told about every connection error; commands report their own. */
  readonly onError: (error: Error) => void;
}

const reconnectDelayMsMax = 1_000;

/** Opens a connection and waits until it can be used. */
export async function connectRedis(settings: ConnectionSettings): Promise<RedisClient> {
  const single = new Redis(settings.url, { ...clientOptions(settings), lazyConnect: true });
  single.on('error', settings.onError);
  writeOncePerTurn(single);
  try {
    await single.connect();
    const info = await single.info('server');
    if (!info.includes('redis_mode:cluster')) return single;
  } catch (error) {
    single.disconnect();
    throw new ForebayError(
      'store_unavailable',
      `Redis at ${withoutSecrets(settings.url)} does not answer. Start it, or correct REDIS_URL.`,
      { cause: error },
    );
  }
  single.disconnect();
  return connectCluster(settings);
}

/** A further connection with the same settings as another one, for subscribers and BullMQ. */
export async function connectLike(
  client: RedisClient,
  settings: ConnectionSettings,
): Promise<RedisClient> {
  return client instanceof Cluster ? connectCluster(settings) : connectRedis(settings);
}

async function connectCluster(settings: ConnectionSettings): Promise<RedisClient> {
  const cluster = new Cluster([settings.url], {
    redisOptions: clientOptions(settings),
    enableOfflineQueue: true,
    lazyConnect: true,
    clusterRetryStrategy: (times) => Math.min(times * 50, reconnectDelayMsMax),
    slotsRefreshTimeout: 5_000,
  });
  cluster.on('error', settings.onError);
  cluster.on('+node', writeOncePerTurn);
  await cluster.connect();
  return cluster;
}

/**
 * Sends the commands of one turn of the event loop in one write: a system call for each command
 * is a large part of what a command costs. Unlike a pipeline this changes nothing about how
 * commands are answered, timed out or sent again.
 */
function writeOncePerTurn(client: Redis): void {
  client.on('connect', () => {
    const { stream } = client;
    const write = stream.write.bind(stream);
    let corked = false;
    const send = (...pieces: Parameters<typeof write>): boolean => {
      if (!corked) {
        corked = true;
        stream.cork();
        setImmediate(() => {
          corked = false;
          stream.uncork();
        });
      }
      return write(...pieces);
    };
    // The overloads of `write` differ in their callbacks only; all are passed on as they came.
    stream.write = send as typeof stream.write;
  });
}

function clientOptions(settings: ConnectionSettings) {
  return {
    connectionName: settings.name,
    ...(settings.commandTimeoutMs === undefined
      ? {}
      : { commandTimeout: settings.commandTimeoutMs }),
    connectTimeout: 5_000,
    keepAlive: 5_000,
    enableOfflineQueue: settings.whenAway === 'wait',
    maxRetriesPerRequest: settings.whenAway === 'wait' ? null : 1,
    retryStrategy: (times: number) => Math.min(times * 50, reconnectDelayMsMax),
  };
}

/** The URL without user and password, for texts that people and logs see. */
function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? 'the given URL' : `${parsed.protocol}//${parsed.host}`;
}
