import { expect, test } from 'vitest';
import { createGate } from './gate.ts';

/** Whether a promise has settled by now, without waiting for it. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

test('lets as many through as it is wide, the others in the order of arrival', async () => {
  const gate = createGate(() => 2);
  const first = await gate.enter();
  await gate.enter();
  const third = gate.enter();
  const fourth = gate.enter();
  expect(await isPending(third)).toBe(true);
  first?.leave();
  expect(await third).toBeDefined();
  expect(await isPending(fourth)).toBe(true);
});

test('a place can be handed over together with something, and is given up once', async () => {
  const gate = createGate<string>(() => 1);
  const first = await gate.enter();
  expect(first?.handOver('to nobody')).toBe(false);
  const second = gate.enter();
  const third = gate.enter();
  expect(first?.handOver('permit')).toBe(true);
  first?.leave();
  expect((await second)?.inherited).toBe('permit');
  expect(await isPending(third)).toBe(true);
});

test('nothing is handed over at a gate that has become too narrow', async () => {
  let width = 2;
  const gate = createGate<string>(() => width);
  const [first] = [await gate.enter(), await gate.enter()];
  const third = gate.enter();
  width = 1;
  expect(first?.handOver('permit')).toBe(false);
  first?.leave();
  expect(await isPending(third)).toBe(true);
});

test('leaving twice frees one place', async () => {
  const gate = createGate(() => 1);
  const first = await gate.enter();
  const second = gate.enter();
  const third = gate.enter();
  first?.leave();
  first?.leave();
  expect(await second).toBeDefined();
  expect(await isPending(third)).toBe(true);
});

test('a gate that grew lets more in when somebody leaves', async () => {
  let width = 1;
  const gate = createGate(() => width);
  const first = await gate.enter();
  const others = [gate.enter(), gate.enter()];
  width = 2;
  first?.leave();
  expect(await Promise.all(others)).toHaveLength(2);
});

test('a gate that grew lets more in at once when it is told', async () => {
  let width = 1;
  const gate = createGate(() => width);
  await gate.enter();
  const others = [gate.enter(), gate.enter()];
  gate.refit();
  expect(await isPending(Promise.race(others))).toBe(true);
  width = 3;
  gate.refit();
  expect(await Promise.all(others)).toHaveLength(2);
});

test('closing sends away who waits and who comes, and nobody else', async () => {
  const gate = createGate(() => 1);
  const inside = await gate.enter();
  const waits = gate.enter();
  gate.close();
  expect(await waits).toBeUndefined();
  expect(await gate.enter()).toBeUndefined();
  expect(inside).toBeDefined();
});
