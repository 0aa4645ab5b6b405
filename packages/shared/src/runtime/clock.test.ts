import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { wait } from './wait.ts';

describe('the real clock', () => {
  test('does not run a timer early that is further away than Node can count', async () => {
    let ran = false;
    const thirtyDaysMs = 30 * 24 * 60 * 60 * 1_000;
    const timer = systemClock.schedule(thirtyDaysMs, () => {
      ran = true;
    });

    // Node would run it after one millisecond; this wait ends later than that.
    await wait(systemClock, 20, new AbortController().signal);
    timer.cancel();

    expect(ran).toBe(false);
  });

  test('runs a timer once its time has come, and not one that was called off', async () => {
    const ran: string[] = [];
    const calledOff = systemClock.schedule(1, () => ran.push('called off'));
    calledOff.cancel();

    await new Promise<void>((resolve) => {
      systemClock.schedule(5, () => {
        ran.push('kept');
        resolve();
      });
    });

    expect(ran).toEqual(['kept']);
  });
});
