import { expect, test } from 'vitest';
import { createManualClock } from '../runtime/manual-clock.ts';
import { createCalm } from './calm.ts';

function watched() {
  const clock = createManualClock();
  const ranAtMs: number[] = [];
  const calm = createCalm(clock, () => ranAtMs.push(clock.monotonicMs()));
  return { clock, ranAtMs, calm };
}

test('changes that follow each other are read once, when they have come to rest', async () => {
  const { clock, ranAtMs, calm } = watched();
  for (let step = 0; step < 3; step += 1) {
    calm.disturb();
    await clock.advance(20);
  }
  await clock.advance(5_000);
  expect(ranAtMs).toEqual([140]);
});

test('a folder that never rests is read each second', async () => {
  const { clock, ranAtMs, calm } = watched();
  for (let step = 0; step < 110; step += 1) {
    calm.disturb();
    await clock.advance(20);
  }
  expect(ranAtMs).toEqual([1_000, 2_000]);
});

test('nothing is read after it was stopped', async () => {
  const { clock, ranAtMs, calm } = watched();
  calm.disturb();
  calm.stop();
  await clock.advance(5_000);
  expect(ranAtMs).toEqual([]);
  expect(clock.pending()).toBe(0);
});
