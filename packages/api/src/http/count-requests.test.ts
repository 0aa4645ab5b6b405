import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { describe, expect, test } from 'vitest';
import { createRequestCount } from './count-requests.ts';

const limit = { max: 3, windowMs: 60_000 };

function setup() {
  const clock = createManualClock();
  const count = createRequestCount(clock);
  const take = (keyId = 'key-1', atMs = clock.monotonicMs()) => count.take(keyId, limit, atMs);
  return { clock, count, take };
}

describe('the requests that one process let through', () => {
  test('are no more than the limit within any window, wherever it begins', async () => {
    const { clock, count, take } = setup();
    expect(count.refuse('key-1', limit)).toBeUndefined();
    expect(take()).toEqual({ isTaken: true, left: 2, nextMs: 60_000, fullMs: 60_000 });
    await clock.advance(59_000);
    expect([take(), take(), take()].map(({ isTaken }) => isTaken)).toEqual([true, true, false]);
    const refused = { isTaken: false, left: 0, nextMs: 1_000, fullMs: 60_000 };
    expect(count.refuse('key-1', limit)).toEqual(refused);
    expect(count.refuse('key-2', limit)).toBeUndefined();
    await clock.advance(1_000);
    expect([take(), take()].map(({ isTaken }) => isTaken)).toEqual([true, false]);
  });

  test('leave in the order of their times, in whatever order they are told', async () => {
    const { clock, count, take } = setup();
    await clock.advance(1_000);
    for (const atMs of [900, 100, 500]) take('key-1', atMs);
    expect(count.refuse('key-1', limit)).toMatchObject({ nextMs: 59_100, fullMs: 59_900 });
    await clock.advance(59_100);
    expect(take('key-1')).toMatchObject({ isTaken: true, left: 0, nextMs: 400 });
  });

  test('stay right over many windows', async () => {
    const { clock, take } = setup();
    for (let round = 0; round < 200; round += 1) {
      const taken = [take(), take(), take(), take()].filter(({ isTaken }) => isTaken);
      expect(taken).toHaveLength(3);
      await clock.advance(60_000);
    }
  });
});
