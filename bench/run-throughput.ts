/**
 * Jobs per second from bulk intake to the last stored answer, bare and Forebay in turns (A B A B),
 * so that whatever else the machine does meets both. Each run has a fresh Redis and fresh
 * processes; ratios are made of runs of one call only.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import type { RedisReading } from './measure/redis-gauge.ts';
import { type Spread, spreadOf } from './measure/spread.ts';
import { cpuMicrosPerJob, readUsage, type Usage } from './measure/usage.ts';
import type { ThroughputScenario } from './scenarios.ts';
import { startBareSide } from './sides/bare-side.ts';
import { startForebaySide } from './sides/forebay-side.ts';
import type { SideName, StartSide } from './sides/side.ts';
import { type AppendFsync, openStage } from './stage/open-stage.ts';

const sides: Readonly<Record<SideName, StartSide>> = {
  bare: startBareSide,
  forebay: startForebaySide,
};

export interface ThroughputOptions {
  readonly appendfsync: AppendFsync;
  readonly repetitions: number;
  readonly sides: readonly SideName[];
  readonly profileDir: string | undefined;
  readonly report: (line: string) => void;
}

/** What one run took, all per job but the first. */
export interface ThroughputRun {
  readonly side: SideName;
  readonly jobsPerSecond: number;
  /** Processor microseconds by process; Redis' by its own account. */
  readonly cpuMicros: Readonly<Record<string, number>>;
  readonly redis: {
    readonly commands: number;
    readonly scripts: number;
    readonly roundTrips: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly appendOnlyBytes: number;
  };
}

export interface ThroughputResult {
  readonly appendfsync: AppendFsync;
  readonly redisVersion: string;
  readonly runs: readonly ThroughputRun[];
  readonly jobsPerSecond: Readonly<Partial<Record<SideName, Spread>>>;
  /** Median of Forebay by median of bare; `undefined` when one of them was not run. */
  readonly ratio: number | undefined;
}

export async function runThroughput(
  scenario: ThroughputScenario,
  options: ThroughputOptions,
): Promise<ThroughputResult> {
  const runs: ThroughputRun[] = [];
  let redisVersion = '';
  for (let repetition = 1; repetition <= options.repetitions; repetition += 1) {
    for (const side of options.sides) {
      const { run, version } = await runOnce(scenario, side, options);
      redisVersion = version;
      runs.push(run);
      const turn = `${repetition}/${options.repetitions}`;
      const speed = `${Math.round(run.jobsPerSecond)} jobs/s`;
      options.report(`${scenario.name} ${options.appendfsync} ${turn} ${side}: ${speed}`);
    }
  }
  const jobsPerSecond: Partial<Record<SideName, Spread>> = {};
  for (const side of options.sides) {
    const own = runs.filter((run) => run.side === side);
    jobsPerSecond[side] = spreadOf(own.map((run) => run.jobsPerSecond));
  }
  const { bare, forebay } = jobsPerSecond;
  const ratio = bare && forebay && forebay.median / bare.median;
  return { appendfsync: options.appendfsync, redisVersion, runs, jobsPerSecond, ratio };
}

async function runOnce(
  scenario: ThroughputScenario,
  side: SideName,
  options: ThroughputOptions,
): Promise<{ readonly run: ThroughputRun; readonly version: string }> {
  const { latencyMs, concurrency, jobCount, warmUpCount } = scenario;
  const { appendfsync, profileDir } = options;
  const stage = await openStage({ appendfsync, latencyMs, profileDir });
  try {
    const running = await sides[side](stage, { concurrency });
    await running.run(warmUpCount);
    const before = await readUsage(stage);
    const startedMs = systemClock.monotonicMs();
    await running.run(jobCount);
    const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
    const after = await readUsage(stage);
    await running.verify(warmUpCount + jobCount);
    const run = { side, jobsPerSecond: jobCount / seconds, ...perJob(before, after, jobCount) };
    return { run, version: stage.gauge.version };
  } finally {
    await stage.close();
  }
}

function perJob(
  before: Usage,
  after: Usage,
  jobCount: number,
): Pick<ThroughputRun, 'cpuMicros' | 'redis'> {
  const change = (pick: (reading: RedisReading) => number): number =>
    (pick(after.redis) - pick(before.redis)) / jobCount;
  return {
    cpuMicros: cpuMicrosPerJob(before, after, jobCount),
    redis: {
      commands: change((reading) => reading.commands),
      scripts: change((reading) => reading.scripts),
      roundTrips: change((reading) => reading.reads),
      bytesIn: change((reading) => reading.bytesIn),
      bytesOut: change((reading) => reading.bytesOut),
      appendOnlyBytes: change((reading) => reading.appendOnlyBytes),
    },
  };
}
