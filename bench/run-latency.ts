/**
 * How long an idle system takes from the 202 to the provider's receipt of the call: one job at a
 * time, each after the one before has ended.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import { Pool } from 'undici';
import { quantile } from './measure/spread.ts';
import type { LatencyScenario } from './scenarios.ts';
import { openForebay } from './sides/forebay-side.ts';
import { sampleEnvelope } from './sides/sample-job.ts';
import { untilStored } from './sides/until-stored.ts';
import { startClockedProvider } from './stage/clocked-provider.ts';
import { type AppendFsync, openStage } from './stage/open-stage.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface LatencyResult {
  readonly appendfsync: AppendFsync;
  readonly redisVersion: string;
  /** From the request's first byte to the 202. */
  readonly acceptedMs: Percentiles;
  /** From the 202 to the provider's receipt; below 0 where the call came first. */
  readonly addedMs: Percentiles;
  /** From the request's first byte to the provider's receipt. */
  readonly wholeMs: Percentiles;
}

interface Sample {
  readonly acceptedMs: number;
  readonly wholeMs: number;
}

export async function runLatency(
  scenario: LatencyScenario,
  appendfsync: AppendFsync,
): Promise<LatencyResult> {
  const stage = await openStage({ appendfsync, latencyMs: 0, profileDir: undefined });
  const provider = await startClockedProvider();
  try {
    const forebay = await openForebay({ ...stage, providerUrl: provider.url }, { concurrency: 50 });
    await forebay.startWorker();
    const pool = new Pool(forebay.url, { connections: 1 });
    const samples: Sample[] = [];
    for (let n = 0; n < scenario.warmUpCount + scenario.jobCount; n += 1) {
      const called = provider.nextCallMs();
      const startedMs = systemClock.monotonicMs();
      await submit(pool, { key: forebay.key, n });
      const acceptedMs = systemClock.monotonicMs() - startedMs;
      const wholeMs = (await called) - startedMs;
      if (n >= scenario.warmUpCount) samples.push({ acceptedMs, wholeMs });
      await untilStored(async () => (await forebay.countOpen()) === 0);
    }
    await pool.close();
    return {
      appendfsync,
      redisVersion: stage.gauge.version,
      acceptedMs: percentiles(samples.map((sample) => sample.acceptedMs)),
      addedMs: percentiles(samples.map((sample) => sample.wholeMs - sample.acceptedMs)),
      wholeMs: percentiles(samples.map((sample) => sample.wholeMs)),
    };
  } finally {
    await stage.close();
    provider.close();
  }
}

async function submit(pool: Pool, job: { readonly key: string; readonly n: number }) {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/v1/jobs',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${job.key}` },
    body: JSON.stringify(sampleEnvelope(job.n)),
  });
  const text = await body.text();
  if (statusCode !== 202) throw new Error(`the api answered ${statusCode} ${text}`);
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((left, right) => left - right);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
