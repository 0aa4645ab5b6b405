/**
 * `npm run proof -- webhook-backlog`: what a long queue of events for a dead host costs the others
 * (F42). A hundred thousand events wait for a host that takes connections and never answers; an
 * endpoint of another tenant on the same shard must not notice, nor may the worker grow. Writes
 * `docs/proofs/webhook-backlog.md`; a number given behind the name makes another backlog.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import type { TenantId } from '@forebay/shared/domain/ids';
import {
  newWebhookEndpointId,
  type WebhookEndpointId,
} from '@forebay/shared/domain/webhook-endpoint';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import { createSecretSeal } from '@forebay/shared/webhooks/secret-seal';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { endProcess, launchProcess, mainOf, repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';
import { endJob, openTestStore, testTenant } from '../support/webhook-events.ts';

const namespace = 'fb';
const backlog = Number(process.argv[2] ?? '100000');
const samples = 500;
const everyMs = 40;
/** Jobs of the backlog that are made at the same time. */
const makersAtOnce = 64;
/** What may be lost to noise: a shared machine, a collection of garbage. */
const slackMs = 25;
const growthMiBMax = 64;

interface Receiver {
  readonly url: string;
  readonly server: Server;
  /** When each job's event arrived, monotonic milliseconds. */
  readonly arrivals: ReadonlyMap<string, number>;
  calls(): number;
}

/** @param answers without it a request is taken and nothing ever comes back. */
async function startReceiver(answers: boolean): Promise<Receiver> {
  const arrivals = new Map<string, number>();
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const id = /"id":"(job_[^"]+)"/.exec(Buffer.concat(chunks).toString('utf8'))?.[1];
      if (id !== undefined) arrivals.set(id, performance.now());
      if (answers) response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server on a TCP port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, server, arrivals, calls: () => calls };
}

interface Bench {
  readonly store: Store;
  readonly secret: string;
}

async function register(
  { store, secret }: Bench,
  tenant: TenantId,
  url: string,
): Promise<WebhookEndpointId> {
  const id = newWebhookEndpointId();
  const nowMs = await store.jobs.nowMs();
  const sealed = createSecretSeal(secret).seal({ tenant, id }, newWebhookSecret());
  const written = await store.endpoints.write({
    ...{ id, tenant, url, description: '', filters: ['*'], disabled: undefined },
    ...{ secrets: [{ sealed, untilMs: undefined }], createdAtMs: nowMs, updatedAtMs: nowMs },
    version: 1,
  });
  if (written !== 'written') throw new Error(`the endpoint was not written: ${written}`);
  return id;
}

/** Another tenant that shares the shard, and with it each look of the relay. */
function neighbourOf(store: Store, tenant: TenantId): TenantId {
  for (let n = 0; ; n += 1) {
    const other = testTenant(`quiet-${n}`);
    if (store.keys.shardOf(other) === store.keys.shardOf(tenant)) return other;
  }
}

/** Milliseconds from the end of a job to the arrival of its event, sorted. */
async function measure(store: Store, tenant: TenantId, to: Receiver): Promise<readonly number[]> {
  const ends = new Map<string, number>();
  const running: Promise<void>[] = [];
  const never = new AbortController().signal;
  for (let n = 0; n < samples; n += 1) {
    running.push(
      endJob(store, tenant).then((id) => {
        ends.set(id, performance.now());
      }),
    );
    await wait(systemClock, everyMs, never);
  }
  await Promise.all(running);
  const all = () => [...ends.keys()].every((id) => to.arrivals.has(id));
  await waitUntil(all, { what: 'every event to arrive', timeoutMs: 60_000 });
  return [...ends]
    .map(([id, endedMs]) => Math.max(0, (to.arrivals.get(id) ?? 0) - endedMs))
    .sort((left, right) => left - right);
}

async function pileUp(store: Store, tenant: TenantId): Promise<void> {
  let left = backlog;
  const make = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await endJob(store, tenant);
    }
  };
  await Promise.all(Array.from({ length: makersAtOnce }, make));
}

/** Making so many jobs lets Redis rewrite its log, which is the cost of that and not of waiting. */
async function rewritten(store: Store): Promise<void> {
  const isCalm = async (): Promise<boolean> => {
    const text = String(await store.client.call('INFO', ['persistence']));
    return !/(?:rdb_bgsave|aof_rewrite)_in_progress:1|aof_rewrite_scheduled:1/.test(text);
  };
  await waitUntil(isCalm, { what: 'the log to be rewritten', timeoutMs: 60_000 });
}

/** What the process holds in memory, in MiB. */
function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

interface Waiting {
  readonly events: number;
  readonly queueBytes: number;
  readonly listBytes: number;
}

async function look(store: Store, tenant: TenantId, id: WebhookEndpointId): Promise<Waiting> {
  const at = store.keys.endpoint(store.keys.shardOf(tenant), id);
  const bytesOf = async (key: string): Promise<number> =>
    Number(await store.client.call('MEMORY', ['USAGE', key, 'SAMPLES', '0']));
  const events = await store.client.hlen(at.events);
  const queueBytes = (await bytesOf(at.events)) + (await bytesOf(at.queue));
  return { events, queueBytes, listBytes: await bytesOf(at.log) };
}

interface Figures {
  readonly without: readonly number[];
  readonly beside: readonly number[];
  readonly before: number;
  readonly after: number;
  readonly waiting: Waiting;
  readonly deadCalls: number;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function report(figures: Figures): string {
  const { without, beside, before, after, waiting } = figures;
  const row = (name: string, part: number): string => {
    const [free, loaded] = [quantile(without, part), quantile(beside, part)];
    const ratio = (loaded / free).toFixed(2);
    return `| ${name} | ${free.toFixed(1)} | ${loaded.toFixed(1)} | ${ratio} |`;
  };
  const each = (bytes: number): string => (bytes / Math.max(1, waiting.events)).toFixed(0);
  return `# A backlog for a dead host

${backlog} events for one endpoint whose host takes connections and never answers, while an
endpoint of another tenant on the same shard gets ${samples} events, one every ${everyMs} ms. One
worker with the role \`webhooks\`, Redis with \`appendfsync everysec\`. Written by
\`npm run proof -- webhook-backlog\`.

Milliseconds from the end of a job to the arrival of its event at the other endpoint:

| | without the backlog | beside it | ratio |
|---|---|---|---|
${row('p50', 0.5)}
${row('p99', 0.99)}

| | |
|---|---|
| events that waited at the end | ${waiting.events} |
| calls that the dead host got | ${figures.deadCalls} |
| memory of the worker before, MiB | ${before.toFixed(1)} |
| memory of the worker after, MiB | ${after.toFixed(1)} |
| Redis bytes for each event that waits | ${each(waiting.queueBytes)} |
| Redis bytes for each event in the list | ${each(waiting.listBytes)} |
`;
}

function isKept({ without, beside, before, after, waiting, deadCalls }: Figures): boolean {
  const isClose = (part: number): boolean =>
    quantile(beside, part) <= 2 * quantile(without, part) + slackMs;
  const isWhole = waiting.events >= backlog - deadCalls && after - before <= growthMiBMax;
  return isWhole && isClose(0.5) && isClose(0.99);
}

async function runProof(folder: string): Promise<boolean> {
  const dataDir = join(folder, 'redis');
  const redis = await startRedisServer({ dataDir, appendfsync: 'everysec' });
  const [dead, alive] = [await startReceiver(false), await startReceiver(true)];
  const config = join(folder, 'forebay.yaml');
  writeFileSync(config, twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9'));
  const secret = newWebhookSecret();
  const store = await openTestStore({ redisUrl: redis.url, namespace }, () => undefined);
  const worker = launchProcess({
    name: 'worker',
    args: [mainOf('worker')],
    env: {
      ...{ FOREBAY_MODE: 'local', REDIS_URL: redis.url, FOREBAY_NAMESPACE: namespace },
      ...{ FOREBAY_CONFIG: config, FOREBAY_DATA_DIR: join(folder, 'data') },
      ...{ FOREBAY_ROLES: 'webhooks', FOREBAY_ALLOW_LOOPBACK_WEBHOOKS: 'true' },
      ...{ FOREBAY_WEBHOOK_SECRET: secret, PROVIDER_KEY: 'unused', FOREBAY_LOG_LEVEL: 'info' },
    },
  });
  try {
    await worker.waitForOutput(/worker\.ready/);
    const loud = testTenant('loud');
    const quiet = neighbourOf(store, loud);
    const deadId = await register({ store, secret }, loud, dead.url);
    await register({ store, secret }, quiet, alive.url);
    // The first round warms the processes up; its figures are theirs, not the endpoints'.
    await measure(store, quiet, alive);
    const without = await measure(store, quiet, alive);
    const before = residentMiB(worker.pid);
    await pileUp(store, loud);
    await rewritten(store);
    const beside = await measure(store, quiet, alive);
    const after = residentMiB(worker.pid);
    const waiting = await look(store, loud, deadId);
    const figures = { without, beside, before, after, waiting, deadCalls: dead.calls() };
    const text = report(figures);
    process.stdout.write(`${text}\n`);
    // A miss is written too: the page is to say what was measured.
    writeReport(text);
    return isKept(figures);
  } finally {
    for (const { server } of [dead, alive]) server.close();
    await endProcess(worker);
    await store.close();
    await redis.stop();
  }
}

function writeReport(text: string): void {
  const folder = join(repositoryRoot, 'docs', 'proofs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'webhook-backlog.md'), text);
}

const alive = keepAlive();
const folder = makeFolder('proof-webhooks');
try {
  process.exitCode = (await runProof(folder)) ? 0 : 1;
} finally {
  removeFolder(folder);
  alive.end();
}
