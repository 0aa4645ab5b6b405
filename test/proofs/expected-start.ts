/**
 * `npm run proof -- expected-start [SAMPLES]`: when the reply to a submission says that a job will
 * begin, against when it began. One model of four places whose calls take 150 to 750 ms, a line of
 * jobs that lasts, one in ten of a more urgent class. Writes `docs/proofs/expected-start.md`.
 */
import { keepAlive } from '@forebay/cli/local/keep-alive';
import { startRedisServer } from '@forebay/cli/local/redis-server';
import { systemClock } from '@forebay/shared/runtime/clock';
import { startForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { percentile, writeProof } from '../support/proof-page.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';
import { seededNumbers } from '../support/seeded-numbers.ts';

const concurrency = 4;
const [shortestMs, longestMs] = [150, 750];
/** What the model can take: four calls in 450 ms. */
const jobsPerSecond = (concurrency * 2_000) / (shortestMs + longestMs);
const warmUpJobs = 60;
const burstJobs = 60;
const samplesWanted = 200;
const waitMsMin = 2_000;
const errorMax = 0.25;
const seed = 7;

const config = `
providers:
  sim: { dialect: openai, base_url: SIMULATOR/v1, api_key_env: PROVIDER_KEY }
models:
  plain:
    kinds: [chat.completions]
    context_window: 100000
    default_output_tokens: 20
    max_output_tokens: 4000
    price: { input: "1", output: "4", source: simulator }
    deployments:
      - { name: main, provider: sim, model: plain, concurrency: ${concurrency} }
`;

interface Sample {
  readonly predictedMs: number;
  readonly waitedMs: number;
}

interface Shown {
  readonly created_at: string;
  readonly expected: { readonly start_at: string | null } | null;
  readonly attempts: readonly { readonly started_at: string }[];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(Math.max(0, ms), resolve));
}

type Submit = (n: number) => Promise<() => Promise<Sample | undefined>>;

/** Submits jobs that differ in service time and class; each tells later how it was predicted. */
function createSubmit(api: ApiClient): Submit {
  const random = seededNumbers(seed);
  return async (n) => {
    const serviceMs = Math.round(shortestMs + random() * (longestMs - shortestMs));
    const priority = random() < 0.1 ? 'high' : 'normal';
    const content = `[[sim:latency ms=${serviceMs}]] no. ${n}`;
    const { id, raw } = await api.submit({
      ...{ kind: 'chat.completions', model: 'plain', priority, max_cost_usd: '0.05' },
      body: { messages: [{ role: 'user', content }] },
    });
    // The API's own tests prove the shape of a job.
    const { expected, created_at: createdAt } = raw as unknown as Shown;
    return async () => {
      // As above.
      const ended = (await api.readEnded(id, 120_000)).raw as unknown as Shown;
      const startAt = expected?.start_at;
      if (typeof startAt !== 'string') return undefined;
      const since = (text: string): number => Date.parse(text) - Date.parse(createdAt);
      const waitedMs = since(ended.attempts[0]?.started_at ?? '');
      return { predictedMs: since(startAt), waitedMs };
    };
  };
}

async function collect(api: ApiClient, wanted: number): Promise<readonly Sample[]> {
  const submit = createSubmit(api);
  const warmUp = await Promise.all(Array.from({ length: warmUpJobs }, (_, n) => submit(n)));
  await Promise.all(warmUp.map((end) => end()));
  const burst = await Promise.all(Array.from({ length: burstJobs }, (_, n) => submit(n)));
  const later: (() => Promise<Sample | undefined>)[] = [];
  const startMs = systemClock.monotonicMs();
  // Some of them are urgent, and wait for less than what counts.
  for (let n = 0; n < wanted * 1.2; n += 1) {
    await pause(startMs + (n * 1_000) / jobsPerSecond - systemClock.monotonicMs());
    later.push(await submit(n));
  }
  const samples = await Promise.all([...burst, ...later].map((end) => end()));
  return samples.filter(
    (sample): sample is Sample => sample !== undefined && sample.waitedMs >= waitMsMin,
  );
}

async function runOnce(wanted: number): Promise<readonly Sample[]> {
  const folder = makeFolder('proof-expected-start');
  const redis = await startRedisServer({ dataDir: folder, appendfsync: 'everysec' });
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const forebay = await startForebay({
      ...{ redisUrl: redis.url, config },
      env: { FOREBAY_LEASE_MS: '5000', FOREBAY_MODE: 'local' },
      atEnd: (end) => ends.push(end),
    });
    const { url } = await forebay.startApi();
    await forebay.startWorker('w1');
    return await collect(createApiClient({ url, key: forebay.apiKey }), wanted);
  } finally {
    for (const end of ends.toReversed()) await end();
    await redis.stop();
    removeFolder(folder);
  }
}

const errorOf = ({ predictedMs, waitedMs }: Sample): number =>
  Math.abs(predictedMs - waitedMs) / waitedMs;

function report(samples: readonly Sample[]): string {
  const errors = samples.map(errorOf);
  const signed = samples.map((each) => (each.predictedMs - each.waitedMs) / each.waitedMs);
  const waits = samples.map(({ waitedMs }) => waitedMs / 1_000);
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const row = (share: number): string =>
    [
      `| ${share * 100} %`,
      percentile(waits, share).toFixed(1),
      percent(percentile(errors, share)),
      `${percent(percentile(signed, share))} |`,
    ].join(' | ');
  return `# When a job begins, predicted and real

A model of ${concurrency} places whose calls take ${shortestMs} to ${longestMs} ms; ${burstJobs}
jobs at once, then as many in a second as the model can take, so that the line lasts; one job in ten
is of the class \`high\` (seed ${seed}). \`expected.start_at\` of the reply to each submission
against the start of its first attempt, for the ${samples.length} jobs that waited for at least
${waitMsMin / 1_000} s. Written by \`npm run proof -- expected-start\`.

| of the jobs, below | wait, s | error | predicted − waited |
|---|---|---|---|
${[0.1, 0.5, 0.9].map(row).join('\n')}

The error is the difference as a share of the wait. A job that comes later and is more urgent makes
a wait longer than predicted.
`;
}

const alive = keepAlive();
try {
  const wanted = Number(process.argv[2] ?? samplesWanted);
  const samples = await runOnce(wanted);
  const text = report(samples);
  process.stdout.write(text);
  const isProved = samples.length >= wanted && percentile(samples.map(errorOf), 0.5) < errorMax;
  if (isProved) writeProof('expected-start', text);
  process.exitCode = isProved ? 0 : 1;
} finally {
  alive.end();
}
