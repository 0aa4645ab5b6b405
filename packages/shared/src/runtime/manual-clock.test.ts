import { describe, expect, test } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { wait } from './wait.ts';

describe('the hand-driven clock', () => {
  test('runs timers in order of time, those that were set on the way included', async () => {
    const clock = createManualClock();
    const ran: string[] = [];
    clock.schedule(20, () => ran.push('b'));
    clock.schedule(10, () => {
      ran.push('a');
      clock.schedule(5, () => ran.push('set on the way'));
    });
    clock.schedule(31, () => ran.push('too late'));

    await clock.advance(30);

    expect(ran).toEqual(['a', 'set on the way', 'b']);
    expect(clock.pending()).toBe(1);
    expect(clock.monotonicMs()).toBe(30);
  });

  test('ends a wait by its time, or by its signal without leaving a timer behind', async () => {
    const clock = createManualClock();
    const off = new AbortController();
    const byTime = wait(clock, 10, new AbortController().signal);
    const bySignal = wait(clock, 10, off.signal);
    off.abort();

    await clock.advance(10);

    expect(await byTime).toBe(true);
    expect(await bySignal).toBe(false);
    expect(clock.pending()).toBe(0);
  });
});
