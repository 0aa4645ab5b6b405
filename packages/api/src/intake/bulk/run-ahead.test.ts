import { expect, test } from 'vitest';
import { runAhead } from './run-ahead.ts';

interface Work {
  readonly item: number;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** Runs ahead over 0, 1, 2 … by at most `roomFor` items; a test ends each item's work by hand. */
function setup(options: { readonly roomFor: number; readonly failsAt?: number }) {
  const { roomFor, failsAt } = options;
  const works: Work[] = [];
  let returned = 0;
  async function* numbers(): AsyncGenerator<number, void> {
    try {
      for (let item = 0; item < 10; item += 1) {
        if (item === failsAt) throw new Error('the source broke');
        yield item;
      }
    } finally {
      returned += 1;
    }
  }
  const results = runAhead<number, string>({
    source: numbers(),
    start: (item) =>
      new Promise((resolve, reject) => {
        works.push({ item, end: () => resolve(`done ${item}`), fail: reject });
      }),
    hasRoom: (open) => open.length < roomFor,
  });
  const started = (): readonly number[] => works.map(({ item }) => item);
  return { results, works, started, returned: () => returned };
}

/** Whatever can go on without an end of the work has done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('works on several items at once, and gives the results in their order', async () => {
  const { results, works } = setup({ roomFor: 3 });
  const first = results.next();
  await settled();
  works[2]?.end();
  works[1]?.end();
  await settled();
  works[0]?.end();
  expect(await first).toEqual({ done: false, value: 'done 0' });
  expect(await results.next()).toEqual({ done: false, value: 'done 1' });
  expect(await results.next()).toEqual({ done: false, value: 'done 2' });
});

test('reads no further item while nobody takes the results', async () => {
  const { results, works, started } = setup({ roomFor: 3 });
  const first = results.next();
  await settled();
  expect(started()).toEqual([0, 1, 2]);
  for (const { end } of works) end();
  await first;
  await settled();
  // The first counts until its taker asks for the next one, so that what it holds is bounded.
  expect(started()).toEqual([0, 1, 2]);
  await results.next();
  await settled();
  expect(started()).toEqual([0, 1, 2]);
  const third = results.next();
  await third;
  const fourth = results.next();
  await settled();
  expect(started()).toEqual([0, 1, 2, 3, 4, 5]);
  for (const { end } of works) end();
  expect(await fourth).toEqual({ done: false, value: 'done 3' });
});

test('gives a result although no further item arrives', async () => {
  async function* one(): AsyncGenerator<number, void> {
    yield 1;
    await new Promise(() => {
      // The sender waits for its answer before it goes on.
    });
  }
  const start = (item: number): Promise<number> => Promise.resolve(item);
  const results = runAhead({ source: one(), start, hasRoom: () => true });
  expect(await results.next()).toEqual({ done: false, value: 1 });
});

test('tells that the source broke after the results of all earlier items', async () => {
  const { results, works } = setup({ roomFor: 5, failsAt: 2 });
  const first = results.next();
  await settled();
  for (const { end } of works) end();
  expect(await first).toEqual({ done: false, value: 'done 0' });
  expect(await results.next()).toEqual({ done: false, value: 'done 1' });
  await expect(results.next()).rejects.toThrow('the source broke');
});

test('ends at work that failed, once all that it started has ended', async () => {
  const { results, works } = setup({ roomFor: 3 });
  const first = results.next();
  await settled();
  let failure: unknown;
  const failed = first.catch((error: unknown) => {
    failure = error;
  });
  works[0]?.fail(new Error('no store'));
  works[1]?.fail(new Error('no store either'));
  await settled();
  expect(failure).toBeUndefined();
  works[2]?.end();
  await failed;
  expect(failure).toEqual(new Error('no store'));
  expect(await results.next()).toEqual({ done: true, value: undefined });
});

test('waits for all that it started when its reader stops early', async () => {
  const { results, works } = setup({ roomFor: 3 });
  const first = results.next();
  await settled();
  works[0]?.end();
  await first;
  let hasEnded = false;
  const ended = results.return().then(() => {
    hasEnded = true;
  });
  works[1]?.end();
  await settled();
  expect(hasEnded).toBe(false);
  works[2]?.end();
  await ended;
});
