/**
 * `npm run proof -- bulk`: one bulk call of 50,000 lines against a real api process. How much its
 * memory grows, whether every line is answered in order, and what cuts at random bytes lose or
 * double. Writes `docs/proofs/bulk.md`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { newWebhookSecret } from '@forebay/shared/webhooks/webhook-secret';
import { type BulkAnswer, type BulkTarget, sendBulk } from '../support/bulk-client.ts';
import { bulkRows, ndjson } from '../support/bulk-jobs.ts';
import {
  endProcess,
  launchProcess,
  mainOf,
  repositoryRoot,
  type TestProcess,
} from '../support/processes.ts';
import { registerKey, testPepper } from '../support/register-key.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { twoModels } from '../support/two-models.ts';

const lineCount = 50_000;
const growthMaxMib = 100;
const seeds = [1, 2, 3];
const cutsPerSeed = 5;

interface Stage {
  readonly redisUrl: string;
  readonly folder: string;
}

interface Api {
  readonly process: TestProcess;
  readonly target: BulkTarget;
}

/** Each in a namespace of its own, and so with an empty store. */
async function startApi(stage: Stage, namespace: string): Promise<Api> {
  const config = join(stage.folder, 'forebay.yaml');
  writeFileSync(config, twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9'));
  const process = launchProcess({
    name: 'api',
    args: [mainOf('api')],
    env: {
      FOREBAY_MODE: 'local',
      FOREBAY_NAMESPACE: namespace,
      REDIS_URL: stage.redisUrl,
      FOREBAY_CONFIG: config,
      FOREBAY_DATA_DIR: join(stage.folder, namespace),
      FOREBAY_KEY_PEPPER: testPepper,
      FOREBAY_ADMIN_KEY: 'admin-key-of-this-proof',
      FOREBAY_WEBHOOK_SECRET: newWebhookSecret(),
      PORT: '0',
      ADMIN_PORT: '0',
    },
  });
  const [line] = await process.waitForOutput(/^.*"api\.ready".*$/m, 30_000);
  const url = `http://127.0.0.1:${/"port":(\d+)/.exec(line)?.[1]}`;
  return { process, target: { url, key: await registerKey(stage.redisUrl, namespace) } };
}

/** Resident memory of a process, now and at its highest since `watchPeak`, in MiB. */
function memoryOf({ pid }: TestProcess): { readonly nowMib: number; readonly peakMib: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024;
  return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}

/** Linux forgets the highest mark when 5 is written here. */
function watchPeak({ pid }: TestProcess): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

interface Call {
  readonly what: string;
  readonly growthMib: number;
  readonly linesPerSecond: number;
}

const body = ndjson(bulkRows(lineCount));

/** @throws Error when a line has no reply, or not in its place. */
function requireWhole(answer: BulkAnswer, expected: 'accepted' | 'duplicates'): void {
  const inOrder = answer.lines.every(({ line }, index) => line === index + 1);
  const all = answer.summary?.[expected] === lineCount && answer.lines.length === lineCount;
  if (!inOrder || !all) throw new Error(`a reply is missing: ${JSON.stringify(answer.summary)}`);
}

async function measureCall(api: Api, what: string): Promise<Call> {
  watchPeak(api.process);
  const before = memoryOf(api.process).nowMib;
  const startedMs = performance.now();
  const answer = await sendBulk(api.target, body, { headers: { 'idempotency-key': what } });
  const seconds = (performance.now() - startedMs) / 1_000;
  requireWhole(answer, 'accepted');
  return {
    what,
    growthMib: memoryOf(api.process).peakMib - before,
    linesPerSecond: lineCount / seconds,
  };
}

async function measureMemory(stage: Stage): Promise<readonly Call[]> {
  const api = await startApi(stage, 'memory');
  try {
    const calls: Call[] = [];
    for (const what of ['first call of the process', 'second', 'third']) {
      calls.push(await measureCall(api, what));
    }
    return calls;
  } finally {
    await endProcess(api.process);
  }
}

interface CutRun {
  readonly seed: number;
  readonly acknowledged: number;
}

/** Cuts calls of the same body, then sends it whole. @throws Error when a line got two jobs. */
async function cutAndResend(stage: Stage, seed: number): Promise<CutRun> {
  const api = await startApi(stage, `cuts-${seed}`);
  const random = seededRandom(seed);
  const jobs = new Map<number, string>();
  const note = ({ lines }: BulkAnswer): void => {
    for (const { line, id = '' } of lines) {
      if ((jobs.get(line) ?? id) !== id) throw new Error(`line ${line} has two jobs`);
      jobs.set(line, id);
    }
  };
  try {
    for (let cut = 0; cut < cutsPerSeed; cut += 1) {
      const cutAfterBytes = 1 + Math.floor(random() * (body.length - 1));
      note(await sendBulk(api.target, body, { cutAfterBytes }));
    }
    const acknowledged = jobs.size;
    const whole = await sendBulk(api.target, body);
    note(whole);
    const { accepted = 0, duplicates = 0 } = whole.summary ?? {};
    const distinct = new Set(jobs.values()).size;
    if (accepted + duplicates !== lineCount || distinct !== lineCount) {
      throw new Error(`seed ${seed}: ${distinct} jobs of ${lineCount} lines`);
    }
    if (duplicates < acknowledged) throw new Error(`seed ${seed}: acknowledged lines were lost`);
    requireWhole(await sendBulk(api.target, body), 'duplicates');
    return { seed, acknowledged };
  } finally {
    await endProcess(api.process);
  }
}

function report(calls: readonly Call[], cuts: readonly CutRun[]): string {
  const callRows = calls.map(
    ({ what, growthMib, linesPerSecond }) =>
      `| ${what} | ${growthMib.toFixed(0)} | ${linesPerSecond.toFixed(0)} |`,
  );
  const cutRows = cuts.map(
    ({ seed, acknowledged }) => `| ${seed} | ${acknowledged} | 0 | ${lineCount} | 0 |`,
  );
  const sizeMib = (body.length / 1_048_576).toFixed(1);
  return `# A bulk call of ${lineCount} lines

One request of ${sizeMib} MiB to one api process, with Redis syncing its
append-only file on every write. Written by \`npm run proof -- bulk\`; it fails when a line has no
reply or not in its place, or when memory grows by more than ${growthMaxMib} MiB.

Growth is the highest resident memory during the call above that before it. Three calls after each
other:

| call | growth, MiB | lines per second |
|---|---|---|
${callRows.join('\n')}

The same body, cut ${cutsPerSeed} times after a random number of bytes and then sent whole, twice:

| seed | acknowledged before the cuts | of these lost | jobs | jobs too many |
|---|---|---|---|---|
${cutRows.join('\n')}
`;
}

async function runProof(): Promise<boolean> {
  const folder = makeFolder('proof-bulk');
  const redis = await startRedisServer({ dataDir: join(folder, 'redis'), appendfsync: 'always' });
  try {
    const stage = { redisUrl: redis.url, folder };
    const calls = await measureMemory(stage);
    for (const call of calls) process.stdout.write(`${JSON.stringify(call)}\n`);
    const cuts: CutRun[] = [];
    for (const seed of seeds) {
      cuts.push(await cutAndResend(stage, seed));
      process.stdout.write(`seed ${seed} done\n`);
    }
    const text = report(calls, cuts);
    process.stdout.write(text);
    if (Math.max(...calls.map(({ growthMib }) => growthMib)) > growthMaxMib) return false;
    mkdirSync(join(repositoryRoot, 'docs', 'proofs'), { recursive: true });
    writeFileSync(join(repositoryRoot, 'docs', 'proofs', 'bulk.md'), text);
    return true;
  } finally {
    await redis.stop();
    removeFolder(folder);
  }
}

const alive = keepAlive();
try {
  process.exitCode = (await runProof()) ? 0 : 1;
} finally {
  alive.end();
}
