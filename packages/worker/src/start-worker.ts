/**
 * The life of a worker: answers left behind are settled first, then work is taken. A stop takes no
 * further tickets, lets running calls end within the grace period, and hands the rest back: a
 * shutdown never costs a job an attempt.
 */
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerParts } from './compose.ts';

export interface RunningWorker {
  stop(): Promise<void>;
}

/** Time for handing back what did not end within the grace period. */
const handBackMs = 5_000;

export async function startWorker(parts: WorkerParts, graceMs: number): Promise<RunningWorker> {
  await parts.replay();
  for (const service of parts.services) service.start();
  parts.pools?.start();
  return { stop: () => stopWorker(parts, graceMs) };
}

async function stopWorker(parts: WorkerParts, graceMs: number): Promise<void> {
  const drained = new AbortController();
  const draining = parts.pools?.drain() ?? Promise.resolve();
  void draining.then(() => drained.abort());
  const inTime = !(await wait(systemClock, graceMs, drained.signal));
  if (!inTime) {
    parts.handBack();
    await wait(systemClock, handBackMs, drained.signal);
    parts.giveUp();
  }
  await draining;
  try {
    // Heartbeats and sweeps end last: while calls ran, this worker was alive.
    await Promise.all(parts.services.map((service) => service.stop()));
  } finally {
    // Journals with entries left are given up here, so that another worker can adopt them.
    await parts.close();
  }
}
