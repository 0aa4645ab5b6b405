/** What everything on a stage has used so far; differences of two readings are what a run cost. */
import type { Stage } from '../stage/open-stage.ts';
import { cpuSeconds } from './process-usage.ts';
import type { RedisReading } from './redis-gauge.ts';

export interface Usage {
  readonly redis: RedisReading;
  /** By process; without those whose system does not tell. */
  readonly cpuSeconds: ReadonlyMap<string, number>;
}

export async function readUsage(stage: Stage): Promise<Usage> {
  const own = new Map<string, number>();
  for (const { name, pid } of stage.children()) {
    const seconds = cpuSeconds(pid);
    if (seconds !== undefined) own.set(name, seconds);
  }
  return { redis: await stage.gauge.read(), cpuSeconds: own };
}

/** Processor microseconds per job by process; Redis' by its own account. */
export function cpuMicrosPerJob(
  before: Usage,
  after: Usage,
  jobCount: number,
): Readonly<Record<string, number>> {
  const micros: Record<string, number> = {};
  for (const [name, seconds] of after.cpuSeconds) {
    micros[name] = ((seconds - (before.cpuSeconds.get(name) ?? 0)) / jobCount) * 1e6;
  }
  micros['redis'] = ((after.redis.cpuSeconds - before.redis.cpuSeconds) / jobCount) * 1e6;
  return micros;
}
