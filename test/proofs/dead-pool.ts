/**
 * `npm run proof -- dead-pool`: how long jobs of a dead pool take to run on their fallback, at the
 * real durations. The promise is one lease and 10 s (P9). Writes `docs/proofs/dead-pool.md`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { limits } from '@forebay/shared/domain/limits';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { type Simulator, startSimulator } from '@forebay/simulator/simulator';
import { type ApiClient, createApiClient } from '../support/http.ts';
import {
  endProcess,
  launchProcess,
  mainOf,
  repositoryRoot,
  type TestProcess,
} from '../support/processes.ts';
import { registerKey, testPepper } from '../support/register-key.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A lane that is full and more jobs waiting; a lane with room. */
const jobCounts = [30, 5];
const concurrency = 20;
const promisedMs = limits.leaseMs + 10_000;

interface Stage {
  readonly simulator: Simulator;
  readonly env: Readonly<Record<string, string>>;
  readonly apiKey: string;
  readonly started: TestProcess[];
}

function start(stage: Stage, name: 'api' | 'worker', extra: Readonly<Record<string, string>>) {
  const child = launchProcess({ name, args: [mainOf(name)], env: { ...stage.env, ...extra } });
  stage.started.push(child);
  return child;
}

async function startApi(stage: Stage): Promise<ApiClient> {
  const api = start(stage, 'api', {});
  const [line] = await api.waitForOutput(/^.*"api\.ready".*$/m);
  const port = /"port":(\d+)/.exec(line)?.[1];
  return createApiClient({ url: `http://127.0.0.1:${port}`, key: stage.apiKey });
}

async function startWorker(stage: Stage, models: string, roles: string): Promise<TestProcess> {
  const worker = start(stage, 'worker', {
    FOREBAY_WORKER_NAME: `serves-${models}`,
    FOREBAY_POOL_MODELS: models,
    FOREBAY_ROLES: roles,
  });
  await worker.waitForOutput(/worker\.ready/);
  return worker;
}

/** Milliseconds from the kill until each job's call on the fallback model has begun, in order. */
async function measure(stage: Stage, jobCount: number): Promise<readonly number[]> {
  const { simulator } = stage;
  const api = await startApi(stage);
  await startWorker(stage, 'beta', 'pool,dispatcher,webhooks');
  const doomed = await startWorker(stage, 'alpha', 'pool');
  const request = (n: number): object => ({
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: `job ${n}` }] },
    max_cost_usd: '0.05',
  });
  await waitUntil(
    async () => {
      const { text } = await api.call('/v1/route', { body: request(0) });
      return text.includes('"candidates":[{"model":"alpha"');
    },
    { what: 'jobs to be planned for alpha' },
  );
  simulator.hold({ model: 'alpha' });
  await Promise.all(Array.from({ length: jobCount }, (_, n) => api.submit(request(n))));
  const held = Math.min(jobCount, concurrency);
  if (!(await simulator.waitForHeld(held, 20_000, { model: 'alpha' }))) throw new Error('not held');
  const killedAtMs = Date.now();
  await doomed.kill('SIGKILL');
  simulator.release({ model: 'alpha' });
  const onBeta = () => simulator.calls().filter((call) => call.model === 'beta');
  await waitUntil(() => onBeta().length >= jobCount, {
    what: 'all jobs to run on beta',
    timeoutMs: 3 * promisedMs,
  });
  return onBeta()
    .map((call) => Date.parse(call.at) - killedAtMs)
    .sort((left, right) => left - right);
}

function report(rows: readonly { jobCount: number; times: readonly number[] }[]): string {
  const lines = rows.map(({ jobCount, times }) => {
    const seconds = (index: number): string => ((times[index] ?? 0) / 1_000).toFixed(1);
    const middle = Math.floor(times.length / 2);
    return `| ${jobCount} | ${seconds(0)} | ${seconds(middle)} | ${seconds(times.length - 1)} |`;
  });
  return `# A dead pool's jobs on their fallback

\`kill -9\` of the only worker that served a model of concurrency ${concurrency}, with its calls
under way and the rest of the jobs waiting. Real durations: lease ${limits.leaseMs / 1_000} s,
promise ${promisedMs / 1_000} s. Written by \`npm run proof -- dead-pool\`. Seconds from the kill
to the call on the fallback model:

| jobs | first | median | last |
|---|---|---|---|
${lines.join('\n')}
`;
}

async function runOnce(folder: string, jobCount: number): Promise<readonly number[]> {
  const redis = await startRedisServer({ dataDir: join(folder, 'redis'), appendfsync: 'always' });
  const simulator = await startSimulator({ scenario: twoModelsScenario });
  const config = join(folder, 'forebay.yaml');
  const longWait = twoModels.replaceAll('first_byte: 10s', 'first_byte: 60s');
  writeFileSync(config, longWait.replaceAll('SIMULATOR', simulator.url));
  const stage: Stage = {
    simulator,
    started: [],
    apiKey: await registerKey(redis.url, 'fb'),
    env: {
      FOREBAY_MODE: 'local',
      REDIS_URL: redis.url,
      FOREBAY_CONFIG: config,
      FOREBAY_DATA_DIR: join(folder, 'data'),
      FOREBAY_KEY_PEPPER: testPepper,
      FOREBAY_ADMIN_KEY: 'admin-key-of-this-proof',
      FOREBAY_WEBHOOK_SECRET: newWebhookSecret(),
      PROVIDER_KEY: 'provider-key-of-this-proof',
      PORT: '0',
      ADMIN_PORT: '0',
    },
  };
  try {
    return await measure(stage, jobCount);
  } finally {
    await Promise.all(stage.started.map(endProcess));
    await simulator.close();
    await redis.stop();
  }
}

async function runProof(): Promise<boolean> {
  const rows: { jobCount: number; times: readonly number[] }[] = [];
  for (const jobCount of jobCounts) {
    const folder = makeFolder('proof-dead-pool');
    try {
      rows.push({ jobCount, times: await runOnce(folder, jobCount) });
    } finally {
      removeFolder(folder);
    }
  }
  const text = report(rows);
  process.stdout.write(text);
  const last = Math.max(...rows.flatMap(({ times }) => times));
  if (last > promisedMs) return false;
  mkdirSync(join(repositoryRoot, 'docs', 'proofs'), { recursive: true });
  writeFileSync(join(repositoryRoot, 'docs', 'proofs', 'dead-pool.md'), text);
  return true;
}

const alive = keepAlive();
try {
  process.exitCode = (await runProof()) ? 0 : 1;
} finally {
  alive.end();
}
