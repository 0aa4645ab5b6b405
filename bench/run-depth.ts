/**
 * What a job costs while many others wait: a backlog is taken in without a worker, then a worker
 * runs some of it. Cost is processor time, which a busy machine changes least.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import { cpuMicrosPerJob, readUsage } from './measure/usage.ts';
import type { DepthScenario } from './scenarios.ts';
import { openForebay } from './sides/forebay-side.ts';
import { untilStored } from './sides/until-stored.ts';
import { openStage } from './stage/open-stage.ts';

export interface DepthResult {
  /** Jobs that waited all the time. */
  readonly depth: number;
  readonly redisVersion: string;
  readonly jobsPerSecond: number;
  /** Processor microseconds per job that was run. */
  readonly cpuMicros: { readonly worker: number; readonly redis: number };
  /** What Redis' memory grew by, for each job that waits. */
  readonly memoryBytes: number;
  /** Of that, by Redis' account of one job: its record and its sealed payload. */
  readonly recordBytes: number;
  readonly payloadBytes: number;
}

export async function runDepth(scenario: DepthScenario, depth: number): Promise<DepthResult> {
  const { jobCount, warmUpCount } = scenario;
  const stage = await openStage({ appendfsync: 'everysec', latencyMs: 0, profileDir: undefined });
  try {
    const forebay = await openForebay(stage, { concurrency: 50 });
    const empty = await stage.gauge.read();
    const taken = depth + warmUpCount + jobCount;
    await forebay.submit(taken);
    const full = await stage.gauge.read();
    const { recordBytes, payloadBytes } = await forebay.measureJob();
    await forebay.startWorker();
    const open = (most: number) => async (): Promise<boolean> =>
      (await forebay.countOpen()) <= most;
    await untilStored(open(depth + jobCount));
    const before = await readUsage(stage);
    const openBefore = await forebay.countOpen();
    const startedMs = systemClock.monotonicMs();
    await untilStored(open(depth));
    const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
    const after = await readUsage(stage);
    const run = openBefore - (await forebay.countOpen());
    const cpu = cpuMicrosPerJob(before, after, run);
    return {
      depth,
      redisVersion: stage.gauge.version,
      jobsPerSecond: run / seconds,
      cpuMicros: { worker: cpu['worker'] ?? 0, redis: cpu['redis'] ?? 0 },
      memoryBytes: (full.memoryBytes - empty.memoryBytes) / taken,
      recordBytes,
      payloadBytes,
    };
  } finally {
    await stage.close();
  }
}
