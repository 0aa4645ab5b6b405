/**
 * The four timers of one call: connect, first byte, idle, total.
 *
 * Every chunk only notes its time; the one phase timer looks at that note when it fires and
 * arms itself again for what is left. So a stream of many small chunks costs no timers.
 */
import type { AttemptTimers } from '@forebay/shared/domain/model-catalog';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';

/** Which timer ran out; `drain` is the short wait for the end of a stream that is complete. */
export type TimerPhase = 'connect' | 'first_byte' | 'idle' | 'total' | 'drain';

export interface CallTimers {
  /** The request starts to leave: connecting is over, the first byte is awaited. */
  sent(): void;
  /** A chunk of the answer came. */
  chunk(): void;
  /** All that matters has come; the connection gets `drainMs` to end by itself. */
  drain(drainMs: number): void;
  stop(): void;
}

interface TimersDeps {
  readonly clock: Clock;
  readonly onExpire: (phase: TimerPhase) => void;
}

/** Beyond this a timer of Node fires at once instead of later. */
const longestDelayMs = 2_147_483_647;

/** Starts the connect and the total timer. At most one expiry is ever told. */
export function startCallTimers(deps: TimersDeps, timers: AttemptTimers): CallTimers {
  const { clock } = deps;
  let stopped = false;
  let phase: TimerPhase = 'connect';
  let phaseTimer: Timer | undefined;
  let phaseEndsAt = 0;
  let isLastLook = false;

  const stop = (): void => {
    stopped = true;
    phaseTimer?.cancel();
    totalTimer.cancel();
  };
  const expire = (expired: TimerPhase): void => {
    if (stopped) return;
    stop();
    deps.onExpire(expired);
  };
  const arm = (delayMs: number): void => {
    isLastLook = false;
    phaseTimer?.cancel();
    phaseTimer = clock.schedule(Math.min(delayMs, longestDelayMs), look);
  };
  const look = (): void => {
    const leftMs = phaseEndsAt - clock.monotonicMs();
    // Node's timers may fire a fraction of a millisecond early; that is no reason to go again.
    if (leftMs >= 1) arm(leftMs);
    else if (isLastLook) expire(phase);
    else {
      // After a pause of the whole process timers run before the bytes that came meanwhile.
      arm(1);
      isLastLook = true;
    }
  };
  const enter = (next: TimerPhase, durationMs: number): void => {
    if (stopped) return;
    phase = next;
    phaseEndsAt = clock.monotonicMs() + durationMs;
    arm(durationMs);
  };

  const totalTimer = clock.schedule(Math.min(timers.totalTimeoutMs, longestDelayMs), () =>
    expire('total'),
  );
  enter('connect', timers.connectTimeoutMs);
  return {
    sent: () => enter('first_byte', timers.firstByteTimeoutMs),
    chunk() {
      if (phase === 'idle') phaseEndsAt = clock.monotonicMs() + timers.idleTimeoutMs;
      else if (phase !== 'drain') enter('idle', timers.idleTimeoutMs);
    },
    drain: (drainMs) => enter('drain', drainMs),
    stop,
  };
}
