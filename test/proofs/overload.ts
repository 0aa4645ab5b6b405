/**
 * `npm run proof -- overload [SECONDS]`: urgent work at 150 % of what the cheap model can take,
 * with a spare model free at three times the price; once without promotion, once with it. Times
 * are a fifth of real ones: calls of 1 s stand for 5 s, and the limit of 400 ms for 2 s. Writes
 * `docs/proofs/overload.md`.
 */
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { formatUsd, type NanoUsd, parseUsd } from '@forebay/shared/domain/money';
import { systemClock } from '@forebay/shared/runtime/clock';
import { startForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { percentile, writeProof } from '../support/proof-page.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { seededNumbers } from '../support/seeded-numbers.ts';
import {
  type SpareView,
  spareConfig,
  spareRequest,
  spareScenario,
} from '../support/spare-model.ts';

const serviceMs = 1_000;
/** Two calls at a time: two jobs in a second; urgent ones come at one and a half times that. */
const urgentPerSecond = 3;
const bulkCount = 30;
const seed = 44;
const timesLowerMin = 5;

interface RunResult {
  readonly waits: readonly number[];
  readonly urgent: readonly SpareView[];
  readonly bulk: readonly SpareView[];
  /** Bulk calls that began while urgent jobs still came. */
  readonly bulkBegun: number;
  readonly premium: NanoUsd;
}

const clock = systemClock;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(Math.max(0, ms), resolve));
}

async function readAll(api: ApiClient, ids: readonly string[]): Promise<readonly SpareView[]> {
  return Promise.all(
    ids.map(async (id) => {
      const { raw } = await api.readEnded(id, 120_000);
      // The API's own tests prove the shape of a job.
      return raw as unknown as SpareView;
    }),
  );
}

/** Urgent jobs at chance intervals; the same ones in every run. */
async function comeIn(api: ApiClient, seconds: number): Promise<readonly string[]> {
  const random = seededNumbers(seed);
  const calls: Promise<{ readonly id: string }>[] = [];
  const startMs = clock.monotonicMs();
  let atMs = 0;
  for (let n = 0; atMs < seconds * 1_000; n += 1) {
    await pause(startMs + atMs - clock.monotonicMs());
    calls.push(api.submit(spareRequest({ n, priority: 'urgent', serviceMs })));
    atMs += (-Math.log(1 - random()) * 1_000) / urgentPerSecond;
  }
  return (await Promise.all(calls)).map(({ id }) => id);
}

const startOf = (job: SpareView): number => Date.parse(job.attempts[0]?.started_at ?? '');

async function measure(api: ApiClient, seconds: number): Promise<RunResult> {
  const submit = (n: number) => api.submit(spareRequest({ n, priority: 'bulk', serviceMs }));
  const bulkIds = await Promise.all(Array.from({ length: bulkCount }, (_, n) => submit(n)));
  // The lane is measured before urgent work comes.
  await pause(4 * serviceMs);
  const urgentIds = await comeIn(api, seconds);
  const endedMs = Date.now();
  const urgent = await readAll(api, urgentIds);
  const bulk = await readAll(
    api,
    bulkIds.map(({ id }) => id),
  );
  return {
    waits: urgent.map((job) => startOf(job) - Date.parse(job.created_at)),
    ...{ urgent, bulk },
    bulkBegun: bulk.filter((job) => startOf(job) < endedMs).length,
    premium: urgent.reduce((sum, { promotion }) => sum + usd(promotion?.premium_usd ?? '0'), 0n),
  };
}

async function runOnce(promotion: string, seconds: number): Promise<RunResult> {
  const folder = makeFolder('proof-overload');
  const redis = await startRedisServer({ dataDir: folder, appendfsync: 'everysec' });
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const forebay = await startForebay({
      redisUrl: redis.url,
      config: spareConfig(promotion),
      scenario: spareScenario,
      env: { FOREBAY_LEASE_MS: '5000', FOREBAY_MODE: 'local' },
      atEnd: (end) => ends.push(end),
    });
    const { url } = await forebay.startApi();
    // Two of each role, as in service: two dispatchers promote at the same time.
    await Promise.all(['w1', 'w2'].map((name) => forebay.startWorker(name)));
    return await measure(createApiClient({ url, key: forebay.apiKey }), seconds);
  } finally {
    for (const end of ends.toReversed()) await end();
    await redis.stop();
    removeFolder(folder);
  }
}

/** A premium may be below zero. */
function usd(text: string): NanoUsd {
  const amount = parseUsd(text.replace('-', '')) ?? 0n;
  return text.startsWith('-') ? -amount : amount;
}

function overCeilings({ urgent, bulk }: RunResult): number {
  const isOver = ({ cost }: SpareView): boolean =>
    usd(cost.spent) + usd(cost.unknown) > usd(cost.ceiling);
  return [...urgent, ...bulk].filter(isOver).length;
}

function rowOf(title: string, result: RunResult): string {
  const seconds = (share: number): string => (percentile(result.waits, share) / 1_000).toFixed(2);
  const promoted = result.urgent.filter(({ promotion }) => promotion !== null).length;
  const spent = result.urgent.reduce((sum, { cost }) => sum + usd(cost.spent), 0n);
  return [
    `| ${title} | ${result.urgent.length} | ${seconds(0.5)} | ${seconds(0.95)}`,
    `${seconds(1)} | ${promoted} | ${formatUsd(result.premium)} | ${formatUsd(spent)}`,
    `${result.bulkBegun} of ${result.bulk.length} | ${overCeilings(result)} |`,
  ].join(' | ');
}

const headRow = [
  '| promotion | urgent jobs | median wait | 95 % | longest | moved | premium, USD | spent, USD',
  'bulk begun meanwhile | over a ceiling |\n|---|---|---|---|---|---|---|---|---|---|',
].join(' | ');

function report(off: RunResult, on: RunResult, seconds: number): string {
  const times = percentile(off.waits, 0.95) / percentile(on.waits, 0.95);
  return `# Urgent work beyond what its model can take

A model with two calls at a time of ${serviceMs / 1_000} s each, and a spare one at three times the
price. Urgent jobs of a route of both come for ${seconds} s at 150 % of what the first can take
(seed ${seed}), over ${bulkCount} bulk jobs that wait already; an api process and two workers of
all roles. Times are a fifth of real ones: a call stands for 5 s, the limit of 400 ms for 2 s.
Written by \`npm run proof -- overload\`. Waits are seconds from the submission to the call:

${headRow}
${rowOf('off', off)}
${rowOf('on', on)}

The 95 % wait is ${times.toFixed(1)} times lower with promotion. The premium is what was expected
when the jobs were moved; the difference in what was spent is what it came to.
`;
}

function holds(off: RunResult, on: RunResult): boolean {
  const isLower = percentile(off.waits, 0.95) >= timesLowerMin * percentile(on.waits, 0.95);
  const all = [...on.urgent, ...on.bulk, ...off.urgent, ...off.bulk];
  const succeeded = all.every(({ status }) => status === 'succeeded');
  const noCeiling = overCeilings(on) + overCeilings(off) === 0;
  return isLower && succeeded && noCeiling && on.premium > 0n && on.bulkBegun > 0;
}

const alive = keepAlive();
try {
  const seconds = Number(process.argv[2] ?? 30);
  const off = await runOnce('{urgent: off, high: off, normal: off}', seconds);
  const on = await runOnce('{urgent: 400ms}', seconds);
  const text = report(off, on, seconds);
  process.stdout.write(text);
  const isProved = holds(off, on);
  if (isProved) writeProof('overload', text);
  process.exitCode = isProved ? 0 : 1;
} finally {
  alive.end();
}
