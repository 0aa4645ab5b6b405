import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

/** Short against every run, long against a command: asking costs neither side anything. */
const pollMs = 10;
const timeoutMs = 120_000;

/** Waits until the last answer is stored. @throws Error when that does not happen. */
export async function untilStored(allStored: () => Promise<boolean>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + timeoutMs;
  while (!(await allStored())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error('not all answers are stored');
    await wait(systemClock, pollMs, new AbortController().signal);
  }
}
