/**
 * `npm run proof -- usage`: a million lines of the ledger of one tenant, grouped in three ways by a
 * real api process. The lines go the whole way: through Redis to segments, and to rollups of their
 * hours and days. Writes `docs/proofs/usage.md`; a number behind the name makes another ledger.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { hourMs, rollupFolder, segmentFolder } from '@forebay/shared/ledger/rollup-names';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import { createEvents } from '@forebay/shared/telemetry/events';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { createLedgerKeeper } from '@forebay/worker/ledger/ledger-keeper';
import { mergeTenant } from '@forebay/worker/ledger/rollup-merger';
import type { WorkerEventFields } from '@forebay/worker/worker-events';
import { makeLines } from '../support/ledger-lines.ts';
import { endProcess, launchProcess, mainOf, repositoryRoot } from '../support/processes.ts';
import { registerKey, testPepper } from '../support/register-key.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openTestStore, testTenant } from '../support/webhook-events.ts';
import { writeLedger } from '../support/write-ledger.ts';

const namespace = 'fb';
const lineCount = Number(process.argv[2] ?? '1000000');
const chunkLines = 50_000;
const days = 30;
const asks = 9;
const answerMsMax = 1_000;
const fromMs = Math.floor(Date.now() / hourMs) * hourMs - days * 24 * hourMs;

const groupings = ['day', 'model,state', 'user,metadata.team'];

type ProofStore = Awaited<ReturnType<typeof openTestStore>>;

interface Truth {
  jobs: number;
  spent: bigint;
}

/** Brings all lines to segments, as they come. @returns what they say. */
async function fill(store: ProofStore, objects: ObjectStore): Promise<Truth> {
  const events = createEvents<WorkerEventFields>((name, error) => {
    throw new Error(`a listener of ${name} threw`, { cause: error });
  });
  const keeper = createLedgerKeeper({
    ledger: store.ledger,
    objects,
    metadataKeys: () => ['team'],
    tagsOf: () => [],
    clock: systemClock,
    events,
    segmentAgeMs: 0,
    intervalMs: 20,
  });
  keeper.start();
  const truth = { jobs: 0, spent: 0n };
  const shard = store.keys.shardOf(testTenant('dev'));
  let chunk: LedgerLine[] = [];
  const write = async (): Promise<void> => {
    await writeLedger(store, chunk);
    chunk = [];
    const isKept = async () => (await store.ledger.oldestMs(shard)) === undefined;
    await waitUntil(isKept, { what: 'the lines to be kept', timeoutMs: 120_000 });
  };
  const made = { count: lineCount, seed: 1, fromMs, overMs: days * 24 * hourMs };
  for (const line of makeLines(made)) {
    truth.jobs += line.ends ? 1 : 0;
    truth.spent += BigInt(line.spent);
    chunk.push(line);
    if (chunk.length === chunkLines) await write();
  }
  await write();
  await keeper.stop();
  return truth;
}

interface Answered {
  readonly groupBy: string;
  readonly groups: number;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

interface Body {
  readonly data: readonly unknown[];
  readonly total: { readonly jobs: number; readonly spent_usd: string };
}

async function ask(target: { url: string; key: string }, groupBy: string, truth: Truth) {
  const query = new URLSearchParams({ group_by: groupBy, limit: '10000' });
  query.set('from', new Date(fromMs).toISOString());
  const times: number[] = [];
  let groups = 0;
  for (let n = 0; n < asks; n += 1) {
    const startedMs = performance.now();
    const response = await fetch(`${target.url}/v1/usage?${query.toString()}`, {
      headers: { authorization: `Bearer ${target.key}` },
    });
    const text = await response.text();
    times.push(performance.now() - startedMs);
    if (response.status !== 200) throw new Error(text);
    // The route's own form.
    const { data, total } = JSON.parse(text) as Body;
    const isRight = total.jobs === truth.jobs && nanoOf(total.spent_usd) === truth.spent;
    if (!isRight) throw new Error(`a wrong total: ${JSON.stringify(total)}`);
    groups = data.length;
  }
  const [firstMs = 0] = times;
  const sorted = times.toSorted((left, right) => left - right);
  const medianMs = sorted[Math.floor(asks / 2)] ?? 0;
  return { groupBy, groups, firstMs, medianMs, slowestMs: sorted.at(-1) ?? 0 };
}

function nanoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

async function sizeOf(objects: ObjectStore, folder: string) {
  let [count, bytes] = [0, 0];
  for (let after: string | undefined; ; ) {
    const page = await objects.list({ folder, after, limit: 1_000 });
    for (const object of page) bytes += object.bytes;
    count += page.length;
    after = page.at(-1)?.key;
    if (after === undefined) return { count, mib: bytes / 1_048_576 };
  }
}

interface Figures {
  readonly answers: readonly Answered[];
  readonly fillSeconds: number;
  readonly segments: { readonly count: number; readonly mib: number };
  readonly rollups: { readonly count: number; readonly mib: number };
}

function report({ answers, fillSeconds, segments, rollups }: Figures): string {
  const rows = answers.map(
    ({ groupBy, groups, firstMs, medianMs, slowestMs }) =>
      `| ${groupBy} | ${groups} | ${[firstMs, medianMs, slowestMs].map(Math.round).join(' | ')} |`,
  );
  return `# A million lines, grouped in three ways

${lineCount} lines of one tenant over ${days} days: 3 models, 6 deployments, 4 keys, 500 users,
20 batches, 12 teams, so that few lines are alike. They went through Redis to segments and to
rollups of their hours and days. One api process answered \`GET /v1/usage\` over all of them ${asks}
times for each grouping, and each total was compared with the lines. Written by
\`npm run proof -- usage\`.

| group_by | groups | first, ms | median, ms | slowest, ms |
|---|---|---|---|---|
${rows.join('\n')}

| | |
|---|---|
| lines per second to segments and rollups, one process | ${Math.round(lineCount / fillSeconds)} |
| segments | ${segments.count} |
| MiB of segments | ${segments.mib.toFixed(1)} |
| rollups | ${rollups.count} |
| MiB of rollups, hours and days | ${rollups.mib.toFixed(1)} |
`;
}

async function runProof(folder: string): Promise<boolean> {
  const dataDir = join(folder, 'data');
  const redis = await startRedisServer({
    dataDir: join(folder, 'redis'),
    appendfsync: 'everysec',
  });
  const store = await openTestStore({ redisUrl: redis.url, namespace }, () => undefined);
  const objects = createDiskObjectStore(join(dataDir, 'objects'));
  const config = join(folder, 'forebay.yaml');
  const models = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
  writeFileSync(config, `${models}\nusage: {metadata_keys: [team]}\n`);
  const startedMs = performance.now();
  const truth = await fill(store, objects);
  await mergeTenant({ objects }, { tenant: 'dev', fromMs: 0, overMs: Date.now() });
  const fillSeconds = (performance.now() - startedMs) / 1_000;
  const api = launchProcess({
    name: 'api',
    args: [mainOf('api')],
    env: {
      ...{ FOREBAY_MODE: 'local', FOREBAY_NAMESPACE: namespace, REDIS_URL: redis.url },
      ...{ FOREBAY_CONFIG: config, FOREBAY_DATA_DIR: dataDir, FOREBAY_KEY_PEPPER: testPepper },
      ...{ FOREBAY_ADMIN_KEY: 'admin-key-of-this-proof', PORT: '0', ADMIN_PORT: '0' },
      FOREBAY_WEBHOOK_SECRET: newWebhookSecret(),
    },
  });
  try {
    const [line] = await api.waitForOutput(/^.*"api\.ready".*$/m, 30_000);
    const url = `http://127.0.0.1:${/"port":(\d+)/.exec(line)?.[1]}`;
    const key = await registerKey(redis.url, namespace);
    const answers: Answered[] = [];
    for (const groupBy of groupings) answers.push(await ask({ url, key }, groupBy, truth));
    const segments = await sizeOf(objects, segmentFolder);
    const rollups = await sizeOf(objects, rollupFolder);
    const text = report({ answers, fillSeconds, segments, rollups });
    process.stdout.write(`${text}\n`);
    // A miss is written too: the page is to say what was measured.
    const pages = join(repositoryRoot, 'docs', 'proofs');
    mkdirSync(pages, { recursive: true });
    writeFileSync(join(pages, 'usage.md'), text);
    return answers.every(({ slowestMs }) => slowestMs < answerMsMax);
  } finally {
    await endProcess(api);
    await store.close();
    await redis.stop();
  }
}

const alive = keepAlive();
const folder = makeFolder('proof-usage');
try {
  process.exitCode = (await runProof(folder)) ? 0 : 1;
} finally {
  removeFolder(folder);
  alive.end();
}
