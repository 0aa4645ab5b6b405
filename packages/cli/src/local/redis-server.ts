/**
 * A Redis (or Valkey) server as a child of this process: loopback only, durable as asked,
 * refusing to evict. Not a supervisor: whoever starts it decides what its death means.
 *
 *  R1 Ready means that the server answers PING, after it has loaded its append-only file.
 *  R2 Two servers never write the same folder: a server that an earlier, killed run left behind
 *     is told to shut down first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { findFreePort } from './free-port.ts';
import { connectResp } from './resp-client.ts';

export interface RedisServerOptions {
  /** Made with mode 700 when missing; holds the append-only file and the log. */
  readonly dataDir: string;
  /** A free one when not given. */
  readonly port?: number;
  readonly appendfsync: 'always' | 'everysec' | 'no';
  readonly clusterEnabled?: boolean;
  /** More configuration, one `name value` line each. */
  readonly extraLines?: readonly string[];
}

export interface RedisExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Asks the server to end and waits; safe to call twice and after its death. */
  stop(): Promise<void>;
  /** Sends a signal and waits for the end only when the signal is deadly. */
  kill(signal: NodeJS.Signals): Promise<void>;
  readonly exited: Promise<RedisExit>;
}

/** Told to a user who has no server on PATH. */
const redisMissingText =
  'Neither redis-server nor valkey-server is on PATH. Install one, for example by: ' +
  'sudo apt-get update && sudo apt-get install -y redis-server (Debian, Ubuntu) or: ' +
  'brew install redis (macOS). Or set REDIS_URL to a server with maxmemory-policy noeviction.';

const programs = ['redis-server', 'valkey-server'] as const;
const startTries = 3;
const readyPollMs = 10;
/** A large append-only file takes its time to load. */
const readyTimeoutMs = 5 * 60_000;
const logTailCharacters = 1_500;

/**
 * Starts a server and waits until it answers.
 *
 * @throws ForebayError `store_unavailable` when no server is installed or it ends at once; the
 *   text carries the remedy or the end of the server's log.
 */
export async function startRedisServer(options: RedisServerOptions): Promise<RedisProcess> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  await endAbandonedServer(options.dataDir);
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await findFreePort());
    const outcome = await tryStart(options, port);
    if (outcome.kind === 'ready') return outcome.server;
    const portWasTaken = outcome.logTail.includes('ddress already in use');
    if (options.port === undefined && portWasTaken && tries < startTries) continue;
    throw new ForebayError(
      'store_unavailable',
      `Redis did not start in ${options.dataDir}. The end of its log:\n${outcome.logTail}`,
    );
  }
}

type StartOutcome =
  | { readonly kind: 'ready'; readonly server: RedisProcess }
  | { readonly kind: 'ended'; readonly logTail: string };

async function tryStart(options: RedisServerOptions, port: number): Promise<StartOutcome> {
  const logFile = join(options.dataDir, 'redis.log');
  const child = await spawnFirst(configText(options, port), logFile);
  const ended = new AbortController();
  const exited = new Promise<RedisExit>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      ended.abort();
      resolve({ code, signal });
    };
    if (child.exitCode !== null || child.signalCode !== null) {
      settle(child.exitCode, child.signalCode);
    } else child.once('exit', settle);
  });
  if (!(await answersPing(port, ended.signal))) {
    child.kill('SIGKILL');
    await exited;
    return { kind: 'ended', logTail: readFileSync(logFile, 'utf8').slice(-logTailCharacters) };
  }
  writeFileSync(join(options.dataDir, 'redis.port'), `${port}\n`);
  return { kind: 'ready', server: handleOf(child, port, exited) };
}

function handleOf(child: ChildProcess, port: number, exited: Promise<RedisExit>): RedisProcess {
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    exited,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
    async kill(signal) {
      child.kill(signal);
      if (signal === 'SIGKILL' || signal === 'SIGTERM') await exited;
    },
  };
}

/** The configuration travels on stdin, so that no file has to be written or kept in step. */
function configText(options: RedisServerOptions, port: number): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(options.dataDir)}`,
    'daemonize no',
    'save ""',
    'appendonly yes',
    `appendfsync ${options.appendfsync}`,
    'maxmemory-policy noeviction',
    'hz 100',
    ...(options.clusterEnabled === true
      ? ['cluster-enabled yes', 'cluster-node-timeout 5000', 'cluster-config-file nodes.conf']
      : []),
    ...(options.extraLines ?? []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Starts the first program that exists on PATH. */
async function spawnFirst(config: string, logFile: string): Promise<ChildProcess> {
  for (const program of programs) {
    const log = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(program, ['-'], { stdio: ['pipe', log, log], detached: true });
      if (!(await hasSpawned(child))) continue;
      // The server may end before it has read its configuration; its exit tells that.
      child.stdin?.on('error', () => {});
      child.stdin?.end(config);
      return child;
    } finally {
      closeSync(log);
    }
  }
  throw new ForebayError('store_unavailable', redisMissingText);
}

/** Resolves `false` when there is no such program; rejects on any other failure to start. */
function hasSpawned(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(true));
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}

/** R1. Resolves `false` when the server ended or never became ready. */
async function answersPing(port: number, ended: AbortSignal): Promise<boolean> {
  const deadlineMs = systemClock.monotonicMs() + readyTimeoutMs;
  while (!ended.aborted && systemClock.monotonicMs() < deadlineMs) {
    if (await pingOnce(port)) return !ended.aborted;
    await wait(systemClock, readyPollMs, ended);
  }
  return false;
}

async function pingOnce(port: number): Promise<boolean> {
  try {
    const client = await connectResp(port);
    try {
      const reply = await client.send('PING');
      return reply.kind === 'text' && reply.text === 'PONG';
    } finally {
      client.close();
    }
  } catch {
    // Not listening yet: the caller asks again until its bound.
    return false;
  }
}

/** R2. */
async function endAbandonedServer(dataDir: string): Promise<void> {
  const port = readRecordedPort(join(dataDir, 'redis.port'));
  if (port === undefined) return;
  try {
    const client = await connectResp(port);
    const reply = await client.send('CONFIG', 'GET', 'dir');
    const folder = reply.kind === 'list' ? reply.items[1] : undefined;
    // Without a reply to come, the promise ends by the close of the connection.
    if (folder?.kind === 'text' && folder.text === dataDir) await client.send('SHUTDOWN');
    client.close();
  } catch {
    // Nobody listens there, or the server has just gone down as asked: the folder is free.
  }
}

function readRecordedPort(file: string): number | undefined {
  try {
    const port = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(port) && port > 0 ? port : undefined;
  } catch {
    // No earlier run.
    return undefined;
  }
}
