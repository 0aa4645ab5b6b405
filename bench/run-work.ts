/**
 * How long one call of a piece of code takes, in this process and without Redis. By processor
 * time, because other processes of the machine take turns with it; by the clock beside it.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import { type Spread, spreadOf } from './measure/spread.ts';
import type { WorkScenario } from './scenarios.ts';

export interface WorkResult {
  /** Microseconds of processor time for one call: over batches of calls. */
  readonly processorUs: Spread;
  readonly clockUs: Spread;
}

const batchCount = 40;

export function runWork({ prepare, batchCalls, warmUpCalls }: WorkScenario): WorkResult {
  const call = prepare();
  for (let n = 0; n < warmUpCalls; n += 1) call();
  const processorUs: number[] = [];
  const clockUs: number[] = [];
  for (let batch = 0; batch < batchCount; batch += 1) {
    const startedMs = systemClock.monotonicMs();
    const before = process.cpuUsage();
    for (let n = 0; n < batchCalls; n += 1) call();
    const { user, system } = process.cpuUsage(before);
    processorUs.push((user + system) / batchCalls);
    clockUs.push(((systemClock.monotonicMs() - startedMs) * 1_000) / batchCalls);
  }
  return { processorUs: spreadOf(processorUs), clockUs: spreadOf(clockUs) };
}
