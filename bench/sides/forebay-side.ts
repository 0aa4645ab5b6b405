/**
 * Forebay as it is deployed: one api process, one worker process with all roles, and a caller that
 * hands its jobs in. Settings are the defaults of production.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerApiKey } from '@forebay/cli/keys/register-api-key';
import { type JobId, parseJobId, parseTenantId, type TenantId } from '@forebay/shared/domain/ids';
import { limits } from '@forebay/shared/domain/limits';
import { makeApiKey } from '@forebay/shared/keys/api-key';
import { createKeys } from '@forebay/shared/redis/keys';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { mainOf } from '../stage/launch-child.ts';
import type { Stage } from '../stage/open-stage.ts';
import { benchModel } from './sample-job.ts';
import type { SideOptions, StartSide } from './side.ts';
import { untilStored } from './until-stored.ts';

const benchNamespace = 'bench';
const benchTenant = tenantNamed('bench');

export const startForebaySide: StartSide = async (stage, options) => {
  const forebay = await openForebay(stage, options);
  await forebay.startWorker();
  return {
    async run(jobCount) {
      await forebay.submit(jobCount);
      await untilStored(async () => (await forebay.countOpen()) === 0);
    },
    verify: (jobCount) => verifyJobs(stage, jobCount),
  };
};

export interface OpenForebay {
  readonly url: string;
  readonly key: string;
  /** Hands jobs in with one bulk request; resolves when the last one is acknowledged. */
  submit(jobCount: number): Promise<void>;
  startWorker(): Promise<void>;
  /** Jobs that have not ended. */
  countOpen(): Promise<number>;
  /** What one waiting job takes of Redis' memory. */
  measureJob(): Promise<{ readonly recordBytes: number; readonly payloadBytes: number }>;
}

/** An api and a caller; a worker when it is asked for. */
export async function openForebay(stage: Stage, options: SideOptions): Promise<OpenForebay> {
  const api = await startApi(stage, options);
  const client = await startClient(stage, api);
  const { gauge } = stage;
  const keys = createKeys(benchNamespace, limits.shardCountDefault);
  // Every job that has not ended stands in the due set of its shard.
  const due = keys.due(keys.shardOf(benchTenant));
  const size = (key: string): Promise<number> => gauge.count('MEMORY', 'USAGE', key);
  return {
    url: api.url,
    key: api.key,
    submit: async (jobCount) => void (await client.ask({ jobCount })),
    startWorker: async () => void (await startWorker(stage, api.env)),
    countOpen: () => gauge.count('ZCARD', due),
    async measureJob() {
      const [newest] = await gauge.list('ZRANGE', keys.jobIndex(benchTenant), '-1', '-1');
      const { job, payload } = keys.job(benchTenant, readId(newest));
      return { recordBytes: await size(job), payloadBytes: await size(payload) };
    },
  };
}

interface BenchApi {
  readonly url: string;
  readonly key: string;
  /** What a worker needs to serve the same store. */
  readonly env: Readonly<Record<string, string>>;
}

async function startApi(stage: Stage, options: SideOptions): Promise<BenchApi> {
  const configFile = join(stage.folder, 'forebay.yaml');
  writeFileSync(configFile, configText(stage.providerUrl, options.concurrency));
  const pepper = randomBytes(32).toString('hex');
  const key = makeApiKey('tenant', 'bench');
  await registerApiKey(
    { redisUrl: stage.redis.url, namespace: benchNamespace },
    { key, tenant: benchTenant, pepper },
  );
  const env = {
    REDIS_URL: stage.redis.url,
    PORT: '0',
    ADMIN_PORT: '0',
    FOREBAY_CONFIG: configFile,
    FOREBAY_DATA_DIR: stage.folder,
    FOREBAY_NAMESPACE: benchNamespace,
    FOREBAY_KEY_PEPPER: pepper,
    FOREBAY_ADMIN_KEY: randomBytes(16).toString('hex'),
    FOREBAY_WEBHOOK_SECRET: newWebhookSecret(),
  };
  const api = stage.launch({ name: 'api', args: [mainOf('api')], env });
  const [, port] = await api.waitForOutput(/"port":(\d+).*"api\.ready"/);
  return { url: `http://127.0.0.1:${port}`, key: key.text, env };
}

async function startWorker(stage: Stage, env: BenchApi['env']) {
  const worker = stage.launch({ name: 'worker', args: [mainOf('worker')], env });
  await worker.waitForOutput(/"worker\.ready"/);
  return worker;
}

async function startClient(stage: Stage, api: Pick<BenchApi, 'url' | 'key'>) {
  const args = ['bench/sides/forebay-client.ts', api.url, api.key] as const;
  const client = stage.launch({ name: 'client', args, env: {} });
  await client.waitForOutput(/ready/);
  return client;
}

/** Unstreamed, so that the simulator's writing of chunks does not outweigh what is measured. */
function configText(providerUrl: string, concurrency: number): string {
  return `
providers:
  simulator: { dialect: openai, base_url: "${providerUrl}/v1" }
models:
  ${benchModel}:
    context_window: 32000
    price: { input: "0.10", output: "0.40", source: invented for the bench }
    deployments:
      - { provider: simulator, concurrency: ${concurrency}, stream: false }
`;
}

const jobsPerLook = 1_000;

async function verifyJobs(stage: Stage, jobCount: number): Promise<void> {
  const keys = createKeys(benchNamespace, limits.shardCountDefault);
  const index = keys.jobIndex(benchTenant);
  const ids = (await stage.gauge.list('ZRANGE', index, '0', '-1')).map(readId);
  let answered = 0;
  for (let start = 0; start < ids.length; start += jobsPerLook) {
    const page = ids.slice(start, start + jobsPerLook);
    const states = await Promise.all(
      page.map((id) =>
        stage.gauge.list('HMGET', keys.job(benchTenant, id).job, 'state', 'has_result'),
      ),
    );
    answered += states.filter(([state, has]) => state === 'succeeded' && has === '1').length;
  }
  if (ids.length !== jobCount || answered !== jobCount) {
    throw new Error(`${answered} of ${ids.length} jobs, ${jobCount} wanted, have their answer`);
  }
}

function readId(text = ''): JobId {
  const id = parseJobId(text);
  if (id === undefined) throw new Error(`the index of jobs holds ${text}`);
  return id;
}

function tenantNamed(name: string): TenantId {
  const tenant = parseTenantId(name);
  if (tenant === undefined) throw new Error(`${name} is no tenant's name`);
  return tenant;
}
