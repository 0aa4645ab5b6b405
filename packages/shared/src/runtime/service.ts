/**
 * The one contract of background work: start never blocks, stop waits until it has really
 * stopped, and both may be called twice.
 */
import type { Clock } from './clock.ts';
import { wait } from './wait.ts';

export interface Service {
  readonly name: string;
  start(): void;
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Pause between two rounds. */
  readonly intervalMs: number;
  /** One round. Returning `true` asks for the next round at once (more work is known). */
  readonly round: (signal: AbortSignal) => Promise<boolean>;
  /** Told about each round that ended well. */
  readonly onRound?: (durationMs: number) => void;
  /** Told about a round that threw; the loop goes on, because the store may heal. */
  readonly onError: (error: unknown) => void;
}

/** A service that runs one round after the other until it is stopped. */
export function createLoop(options: LoopOptions): Service {
  let stopping: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();
  return {
    name: options.name,
    start() {
      if (stopping !== undefined) return;
      stopping = new AbortController();
      running = runLoop(options, stopping.signal);
    },
    async stop() {
      stopping?.abort();
      await running;
      stopping = undefined;
    },
  };
}

async function runLoop(options: LoopOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let again = false;
    const startedMs = options.clock.monotonicMs();
    try {
      again = await options.round(signal);
      options.onRound?.(options.clock.monotonicMs() - startedMs);
    } catch (error) {
      // Going on is safe: every round re-reads the truth, and a loop that died would be worse.
      options.onError(error);
    }
    if (!again) await wait(options.clock, options.intervalMs, signal);
  }
}
