/** A wait that can be cut short: whoever knows of new work rings. */
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface RelayBell {
  ring(): void;
  /** Waits until it rings or the time is up; a ring since the last wait ends it at once. */
  waitForRing(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

export function createRelayBell(clock: Clock): RelayBell {
  let rung = false;
  let sleeping: AbortController | undefined;
  return {
    ring() {
      rung = true;
      sleeping?.abort();
    },
    async waitForRing(timeoutMs, signal) {
      const sleep = new AbortController();
      const onAbort = (): void => sleep.abort();
      if (rung || signal.aborted) sleep.abort();
      signal.addEventListener('abort', onAbort, { once: true });
      sleeping = sleep;
      await wait(clock, timeoutMs, sleep.signal);
      signal.removeEventListener('abort', onAbort);
      sleeping = undefined;
      rung = false;
    },
  };
}
