import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { expect, test } from 'vitest';
import { createGrace } from './grace.ts';

const leaseMs = 15_000;

/** Looks every second; the server's clock runs along, far away from ours. */
function setup() {
  const clock = createManualClock();
  const grace = createGrace(clock, leaseMs);
  const serverNowMs = (): number => 9_000_000 + clock.monotonicMs();
  return {
    clock,
    grace,
    /** For how long no lease is judged. */
    look: () => Math.max(0, grace.noteLook(serverNowMs()) - serverNowMs()),
  };
}

test('a process that just started judges no lease for a whole lease', async () => {
  const { clock, look } = setup();
  expect(look()).toBe(leaseMs);
  for (let second = 1; second < 15; second += 1) {
    await clock.advance(1_000);
    expect(look()).toBe(leaseMs - second * 1_000);
  }
  await clock.advance(1_000);
  expect(look()).toBe(0);
});

test('a gap of half a lease is borne, a longer one starts a new grace', async () => {
  const { clock, look } = setup();
  look();
  for (let round = 0; round < 4; round += 1) {
    await clock.advance(leaseMs / 2);
    look();
  }
  expect(look()).toBe(0);
  await clock.advance(leaseMs / 2 + 1);
  expect(look()).toBe(leaseMs);
});

test('after the store was away the grace starts with the first look that succeeds', async () => {
  const { clock, grace, look } = setup();
  look();
  for (let second = 0; second < 30; second += 1) {
    await clock.advance(1_000);
    look();
  }
  expect(look()).toBe(0);
  grace.noteOutage();
  await clock.advance(1_000);
  grace.noteOutage();
  expect(look()).toBe(leaseMs);
  await clock.advance(1_000);
  expect(look()).toBe(leaseMs - 1_000);
});
