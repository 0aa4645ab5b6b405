/**
 * Everything that `npm start` runs: Redis, the simulator, one api, two workers with all roles.
 *
 *  K1 Started in the order of need, stopped in the opposite one: the api takes no more jobs, the
 *     workers hand back or finish theirs, then the simulator and last the store.
 *  K2 Up means that the api's `/readyz` answers 200, which asks the store.
 *  K3 What died while starting stops everything, with the end of its log.
 *  K4 Nothing outlives this process, unless it is killed itself; then the next start cleans up.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { DevSecrets } from './dev-secrets.ts';
import { loadDevSecrets } from './dev-secrets.ts';
import { keepSigningKey } from './dev-signing-key.ts';
import { findFreePort } from './free-port.ts';
import { openLocalRedis } from './local-redis.ts';
import { registerDevKey } from './register-dev-key.ts';
import { openRunRecord } from './run-record.ts';
import { type SuperviseDeps, type SupervisedChild, superviseChild } from './supervised-child.ts';

export interface LocalStackOptions {
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute path of the configuration that is served. */
  readonly configFile: string;
  /** Starts the simulator with this scenario; `undefined` starts none. */
  readonly scenarioFile: string | undefined;
  /** The user's own Redis; `undefined` starts one. */
  readonly redisUrl: string | undefined;
  readonly namespace: string;
  /** `undefined` takes free ones. */
  readonly port: number | undefined;
  readonly adminPort: number | undefined;
  /** This process's own environment, handed on to the children. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

export interface LocalStackDeps {
  readonly clock: Clock;
  /** Shown to the user. */
  readonly report: (line: string) => void;
}

export interface LocalStack {
  readonly url: string;
  readonly adminUrl: string;
  readonly secrets: DevSecrets;
  /** `undefined` when no simulator was asked for. */
  readonly simulator: { readonly url: string; readonly sinkUrl: string } | undefined;
  readonly logDir: string;
  /** K1. Safe to call twice. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const readyPollMs = 100;
const deathsMaxWhileStarting = 3;
/** Longer than the grace that api and worker give themselves by default. */
const drainPatienceMs = 40_000;
const simulatorPatienceMs = 3_000;
const logTailCharacters = 2_000;

/** @throws ForebayError with what the user should do; whatever was started is ended first. */
export async function startLocalStack(
  deps: LocalStackDeps,
  options: LocalStackOptions,
): Promise<LocalStack> {
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const record = openRunRecord(dataDir, deps.report);
  const secrets = loadDevSecrets(dataDir);
  const redis = await openLocalRedis(deps, options.redisUrl, dataDir);
  const children: SupervisedChild[] = [];
  const kill = (): void => {
    for (const child of children) child.kill();
    redis.kill();
  };
  // K4: also when this process ends by a second Ctrl-C or a mistake of ours.
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    await stopInOrder(children);
    await redis.stop();
    process.off('exit', kill);
    record.clear();
  };
  try {
    deps.report(`redis: ${redis.description}`);
    await registerDevKey({ redisUrl: redis.url, namespace: options.namespace }, secrets);
    const places = await choosePlaces(options);
    const started = { ...options, ...places, secrets, redisUrl: redis.url };
    const supervise = { ...deps, onStart: (name: string, pid: number) => record.note(name, pid) };
    startChildren(supervise, started, children);
    await untilReady(deps, places.url, children);
    const { url, adminUrl, simulator } = places;
    return { url, adminUrl, simulator, secrets, logDir: join(dataDir, 'logs'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Places {
  readonly url: string;
  readonly adminUrl: string;
  readonly simulator: { readonly url: string; readonly sinkUrl: string } | undefined;
}

async function choosePlaces(options: LocalStackOptions): Promise<Places> {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    url: at(options.port ?? (await findFreePort())),
    adminUrl: at(options.adminPort ?? (await findFreePort())),
    simulator:
      options.scenarioFile === undefined
        ? undefined
        : { url: at(await findFreePort()), sinkUrl: at(await findFreePort()) },
  };
}

interface Started extends LocalStackOptions, Places {
  readonly secrets: DevSecrets;
  readonly redisUrl: string;
}

function startChildren(deps: SuperviseDeps, started: Started, children: SupervisedChild[]): void {
  const env = childEnvironment(started);
  const start = (name: string, args: readonly string[], extra: Environment = {}): void => {
    const logFile = join(started.dataDir, 'logs', `${name}.log`);
    children.push(superviseChild(deps, { name, args, env: { ...env, ...extra }, logFile }));
  };
  const { simulator, scenarioFile } = started;
  if (simulator !== undefined && scenarioFile !== undefined) {
    const ports = ['--port', portOf(simulator.url), '--sink-port', portOf(simulator.sinkUrl)];
    start('simulator', [mainOf('simulator'), ...ports, '--scenario', scenarioFile]);
  }
  start('api', [mainOf('api')]);
  for (const name of ['worker-1', 'worker-2']) {
    start(name, [mainOf('worker')], { FOREBAY_WORKER_NAME: name, WORKER_METRICS_PORT: '0' });
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Names as in the table of `shared/config/env-variables.ts`. */
function childEnvironment(started: Started): Environment {
  const { secrets, simulator } = started;
  return {
    ...started.inherited,
    HOST: '127.0.0.1',
    PORT: portOf(started.url),
    ADMIN_PORT: portOf(started.adminUrl),
    FOREBAY_PUBLIC_URL: started.inherited['FOREBAY_PUBLIC_URL'] || started.url,
    REDIS_URL: started.redisUrl,
    REDIS_URL_FILE: undefined,
    FOREBAY_CONFIG: started.configFile,
    FOREBAY_DATA_DIR: started.dataDir,
    FOREBAY_NAMESPACE: started.namespace,
    FOREBAY_KEY_PEPPER: secrets.pepper,
    FOREBAY_KEY_PEPPER_FILE: undefined,
    FOREBAY_ADMIN_KEY: secrets.adminKey,
    FOREBAY_ADMIN_KEY_FILE: undefined,
    FOREBAY_WEBHOOK_SECRET: secrets.webhookSecret,
    FOREBAY_WEBHOOK_SECRET_FILE: undefined,
    FOREBAY_SIGNING_KEY: undefined,
    FOREBAY_SIGNING_KEY_FILE: keepSigningKey(started.dataDir),
    ...(simulator === undefined
      ? {}
      : {
          FOREBAY_SIMULATOR_URL: simulator.url,
          FOREBAY_SINK_URL: simulator.sinkUrl,
          FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true',
        }),
  };
}

/** K2, K3. */
async function untilReady(
  deps: LocalStackDeps,
  url: string,
  children: readonly SupervisedChild[],
): Promise<void> {
  const { clock } = deps;
  const deadlineMs = clock.monotonicMs() + readyTimeoutMs;
  const never = new AbortController().signal;
  while (!(await answersReady(url))) {
    const dead = children.find((child) => child.deaths() >= deathsMaxWhileStarting);
    if (dead !== undefined) throw notStarted(`${dead.name} keeps ending`, dead);
    if (clock.monotonicMs() > deadlineMs) {
      const api = children.find((child) => child.name === 'api');
      throw notStarted(`${url}/readyz did not answer 200 in ${readyTimeoutMs / 1000} s`, api);
    }
    await wait(clock, readyPollMs, never);
  }
}

async function answersReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    // Nobody listens yet: the caller asks again until its bound.
    return false;
  }
}

function notStarted(what: string, child: SupervisedChild | undefined): ForebayError {
  if (child === undefined) return new ForebayError('internal', `${what}.`);
  const tail = readFileSync(child.logFile, 'utf8').slice(-logTailCharacters);
  return new ForebayError('internal', `${what}. The end of ${child.logFile}:\n${tail}`);
}

/** K1. */
async function stopInOrder(children: readonly SupervisedChild[]): Promise<void> {
  const named = (prefix: string): SupervisedChild[] =>
    children.filter((child) => child.name.startsWith(prefix));
  await Promise.all(named('api').map((child) => child.stop(drainPatienceMs)));
  await Promise.all(named('worker').map((child) => child.stop(drainPatienceMs)));
  await Promise.all(named('simulator').map((child) => child.stop(simulatorPatienceMs)));
}

function mainOf(packageName: 'api' | 'worker' | 'simulator'): string {
  return fileURLToPath(new URL(`../../../${packageName}/dist/main.js`, import.meta.url));
}

function portOf(url: string): string {
  return new URL(url).port;
}
