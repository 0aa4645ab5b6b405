import { systemClock } from '@forebay/shared/runtime/clock';
import { expect, test } from 'vitest';
import { createRelayBell } from './relay-bell.ts';

const never = new AbortController().signal;
const longMs = 60_000;

test('a ring ends the wait', async () => {
  const bell = createRelayBell(systemClock);
  const waited = bell.waitForRing(longMs, never);
  bell.ring();
  await waited;
});

test('a ring before the wait ends it at once, and counts only once', async () => {
  const bell = createRelayBell(systemClock);
  bell.ring();
  bell.ring();
  await bell.waitForRing(longMs, never);
  let ended = false;
  const second = bell.waitForRing(longMs, never).then(() => {
    ended = true;
  });
  await Promise.resolve();
  expect(ended).toBe(false);
  bell.ring();
  await second;
});

test('the signal ends the wait, also when it has ended before', async () => {
  const bell = createRelayBell(systemClock);
  const stop = new AbortController();
  const waited = bell.waitForRing(longMs, stop.signal);
  stop.abort();
  await waited;
  await bell.waitForRing(longMs, stop.signal);
});

test('nobody rings: the time runs out', async () => {
  await createRelayBell(systemClock).waitForRing(1, never);
});
