/**
 * A whole Forebay for one test: real Redis (given), the simulator, and real api and worker
 * processes that can be killed. Durations are scaled down; clocks are not.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { onTestFinished } from 'vitest';
import {
  endProcess,
  launchProcess,
  mainOf,
  type ProcessOptions,
  startProcess,
  type TestProcess,
} from './processes.ts';
import { freshNamespace } from './redis.ts';
import { registerKey, testPepper } from './register-key.ts';
import { makeFolder, removeFolder } from './scratch-folder.ts';
import { newSigningKey } from './signing-key.ts';

export interface ForebayOptions {
  readonly redisUrl: string;
  /** Forebay's configuration; the text `SIMULATOR` becomes the simulator's URL. */
  readonly config: string;
  /** The simulator's scenario, as YAML. */
  readonly scenario?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what must be done at the end, last one first; without it that is the test's. */
  readonly atEnd?: (end: () => Promise<void> | void) => void;
}

export interface TestForebay {
  readonly simulator: Simulator;
  readonly namespace: string;
  readonly dataDir: string;
  readonly webhookSecret: string;
  readonly adminKey: string;
  /** A key of the test tenant. */
  readonly apiKey: string;
  /** The environment that every process of this Forebay gets. */
  readonly env: Readonly<Record<string, string>>;
  startWorker(name: string, extra?: Readonly<Record<string, string>>): Promise<TestProcess>;
  startApi(extra?: Readonly<Record<string, string>>): Promise<TestApi>;
}

export interface TestApi {
  readonly process: TestProcess;
  readonly url: string;
  readonly adminUrl: string;
}

/** Where a worker that was started with `WORKER_METRICS_PORT=0` shows its figures. */
export function monitorUrl(worker: TestProcess): string {
  const port = /"metricsPort":(\d+)/.exec(worker.output())?.[1];
  if (port === undefined) throw new Error(`${worker.name} listens nowhere`);
  return `http://127.0.0.1:${port}`;
}

/** A worker that starts while others are busy shares the machine with them. */
const startPatienceMs = 30_000;

/** Scaled durations: a lease of 1.5 s keeps a worker's loss visible within a test. */
const scaledDurations = {
  FOREBAY_LEASE_MS: '1500',
  FOREBAY_SWEEP_MS: '100',
  FOREBAY_TICKET_CHECK_MS: '800',
} as const;

export async function startForebay(options: ForebayOptions): Promise<TestForebay> {
  const atEnd = options.atEnd ?? onTestFinished;
  const dataDir = makeFolder('forebay');
  atEnd(() => removeFolder(dataDir));
  const simulator = await startSimulator(
    options.scenario === undefined ? {} : { scenario: options.scenario },
  );
  atEnd(() => simulator.close());
  const configPath = join(dataDir, 'forebay.yaml');
  writeFileSync(configPath, options.config.replaceAll('SIMULATOR', simulator.url));
  const namespace = freshNamespace();
  const webhookSecret = newWebhookSecret();
  const adminKey = 'admin-key-of-this-test';
  const apiKey = await registerKey(options.redisUrl, namespace);
  const env = {
    FOREBAY_MODE: 'test',
    REDIS_URL: options.redisUrl,
    FOREBAY_CONFIG: configPath,
    FOREBAY_DATA_DIR: dataDir,
    FOREBAY_NAMESPACE: namespace,
    FOREBAY_KEY_PEPPER: testPepper,
    FOREBAY_WEBHOOK_SECRET: webhookSecret,
    FOREBAY_ADMIN_KEY: adminKey,
    FOREBAY_SIGNING_KEY: newSigningKey().privatePem,
    FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true',
    FOREBAY_SHUTDOWN_GRACE_MS: '3000',
    PORT: '0',
    ADMIN_PORT: '0',
    PROVIDER_KEY: 'provider-key-of-this-test',
    ...scaledDurations,
    ...options.env,
  };
  const start = (process: ProcessOptions): TestProcess => {
    if (options.atEnd === undefined) return startProcess(process);
    const handle = launchProcess(process);
    atEnd(() => endProcess(handle));
    return handle;
  };
  return {
    simulator,
    namespace,
    dataDir,
    webhookSecret,
    adminKey,
    apiKey,
    env,
    async startWorker(name, extra = {}) {
      const worker = start({
        name,
        args: [mainOf('worker')],
        env: { ...env, FOREBAY_WORKER_NAME: name, ...extra },
      });
      await worker.waitForOutput(/worker\.ready/, startPatienceMs);
      return worker;
    },
    async startApi(extra = {}) {
      const process = start({
        name: 'api',
        args: [mainOf('api')],
        env: { ...env, ...extra },
      });
      const [line] = await process.waitForOutput(/^.*"api\.ready".*$/m);
      const port = (name: string): string =>
        `http://127.0.0.1:${new RegExp(`"${name}":(\\d+)`).exec(line)?.[1]}`;
      return { process, url: port('port'), adminUrl: port('adminPort') };
    },
  };
}
