/** Whatever way lines are cut into rollups, merged and read back: usage is what the lines say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeLines, movedLine } from '../../../../test/support/ledger-lines.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import { mergeAnalytics } from './analytics-rows.ts';
import { mergeAnswers, sumAnswers } from './answer-rows.ts';
import { decodeRollup, encodeRollup, type Rollup } from './block-codec.ts';
import { addHistogram, bucketOf, percentileMs } from './histogram.ts';
import { mergeBlocks } from './merge-blocks.ts';
import { rollUpLines } from './roll-up-lines.ts';
import { hourMs } from './rollup-names.ts';
import { createUsageTally, type UsageGroup, type UsageQuery } from './usage-tally.ts';

const fromMs = Date.UTC(2030, 0, 31, 20);
const lines = [...makeLines({ count: 600, seed: 7, fromMs, overMs: 8 * hourMs })];
const keys = ['team'];
const all: UsageQuery = {
  fromHour: 0,
  beforeHour: Number.POSITIVE_INFINITY,
  groupBy: [],
  filters: new Map(),
};

function tallyOf(rollups: readonly Rollup[], query: UsageQuery) {
  const tally = createUsageTally(query);
  for (const { usage } of rollups) tally.add(usage);
  return { groups: tally.groups(), total: tally.total() };
}

const textOf: Readonly<Record<string, (line: LedgerLine) => readonly string[]>> = {
  model: (line) => [line.model],
  deployment: (line) => [line.attempt?.deployment ?? ''],
  user: (line) => [line.user ?? ''],
  state: (line) => [line.state === 'queued' ? 'moved' : line.state],
  tag: (line) => (line.tags?.length ? line.tags : ['']),
  'metadata.team': (line) => [line.metadata?.['team'] ?? ''],
  day: (line) => [new Date(line.at).toISOString().slice(0, 10)],
  hour: (line) => [`${new Date(line.at).toISOString().slice(0, 13)}:00:00Z`],
};

/** One line at a time, with nothing clever in it. */
function plainly(some: readonly LedgerLine[], groupBy: readonly string[]): readonly unknown[] {
  const sums = new Map<string, { jobs: bigint; spent: bigint; unknown: bigint; input: bigint }>();
  for (const line of some) {
    const texts = groupBy.map((name) => textOf[name]?.(line) ?? []);
    const combined = texts.reduce<string[][]>(
      (keysSoFar, next) => keysSoFar.flatMap((key) => next.map((text) => [...key, text])),
      [[]],
    );
    for (const key of combined) {
      const id = JSON.stringify(key);
      const sum = sums.get(id) ?? { jobs: 0n, spent: 0n, unknown: 0n, input: 0n };
      sums.set(id, {
        jobs: sum.jobs + (line.ends ? 1n : 0n),
        spent: sum.spent + BigInt(line.spent),
        unknown: sum.unknown + BigInt(line.unknown),
        input: sum.input + BigInt(line.attempt?.usage?.inputTokens ?? 0),
      });
    }
  }
  return (
    [...sums]
      // Written a few lines above.
      .map(([id, sum]) => ({ key: JSON.parse(id) as string[], ...sum }))
      .toSorted((left, right) => (left.key.join('\n') < right.key.join('\n') ? -1 : 1))
  );
}

function bare(groups: readonly UsageGroup[]): readonly unknown[] {
  return groups.map(({ key, sums: { jobs, spent, unknown, inputTokens } }) => ({
    key,
    jobs,
    spent,
    unknown,
    input: inputTokens,
  }));
}

/** Cuts the lines at these places, rolls the pieces up, and stores and reads each. */
function cutAndStored(cuts: readonly number[]): readonly Rollup[] {
  const places = [0, ...cuts.toSorted((left, right) => left - right), lines.length];
  return places.slice(1).map((end, index) => {
    const rollup = rollUpLines(lines.slice(places[index], end), keys);
    return decodeRollup('test', encodeRollup(rollup));
  });
}

describe('usage', () => {
  const names = Object.keys(textOf);
  test('by any dimensions, from rollups cut and merged anyhow, is that of the lines', () => {
    const cuts = fc.array(fc.nat(lines.length), { maxLength: 5 });
    const groupings = fc.subarray(names, { maxLength: 3 });
    fc.assert(
      fc.property(cuts, groupings, fc.boolean(), (places, groupBy, isMerged) => {
        const pieces = cutAndStored(places);
        const merged = mergeBlocks(
          pieces.map(({ usage }) => usage),
          'hour',
        );
        const read = isMerged ? [{ usage: merged, analytics: [], answers: [] }] : pieces;
        const { groups } = tallyOf(read, { ...all, groupBy });
        expect(bare(groups)).toEqual(plainly(lines, groupBy));
      }),
      { seed: 5, numRuns: 20 },
    );
  });

  test('of a day is the same without its hours', () => {
    const pieces = cutAndStored([200]).map(({ usage }) => usage);
    const day = { usage: mergeBlocks(pieces, 'day'), analytics: [], answers: [] };
    const groupBy = ['day', 'model'];
    expect(bare(tallyOf([day], { ...all, groupBy }).groups)).toEqual(plainly(lines, groupBy));
  });

  test('is filtered by texts, tags and hours', () => {
    const fromHour = fromMs / hourMs + 2;
    const query: UsageQuery = {
      fromHour,
      beforeHour: fromHour + 3,
      groupBy: ['model'],
      filters: new Map([
        ['tag', new Set(['fast', 'eu'])],
        ['metadata.team', new Set(['team-1', 'team-2'])],
      ]),
    };
    const wanted = lines.filter(
      ({ at, tags, metadata }) =>
        at >= fromHour * hourMs &&
        at < (fromHour + 3) * hourMs &&
        tags?.includes('eu') &&
        ['team-1', 'team-2'].includes(metadata?.['team'] ?? ''),
    );
    expect(wanted.length).toBeGreaterThan(10);
    const { groups } = tallyOf(cutAndStored([100]), query);
    expect(bare(groups)).toEqual(plainly(wanted, ['model']));
  });

  test('by tag counts a job with two tags in both, and once in the total', () => {
    const { groups, total } = tallyOf(cutAndStored([]), { ...all, groupBy: ['tag'] });
    expect(groups.map(({ key }) => key[0])).toEqual(['', 'eu', 'fast']);
    expect(total.jobs).toBe(BigInt(lines.filter(({ ends }) => ends).length));
  });

  test('by a metadata key that was declared later is empty before', () => {
    const early = rollUpLines(lines.slice(0, 10), []);
    const { groups } = tallyOf([early], { ...all, groupBy: ['metadata.team'] });
    expect(groups.map(({ key }) => key)).toEqual([['']]);
  });

  test('stays exact to the last nano-dollar where a double would not', () => {
    const [line] = lines;
    if (line === undefined) throw new Error('there are lines');
    const largest = 8_999_999_999_999_999n;
    const many = Array.from({ length: 101 }, () => ({ ...line, spent: largest.toString() }));
    const rollup = rollUpLines(many, keys);
    const merged = mergeBlocks([rollup.usage, rollup.usage], 'day');
    const stored = decodeRollup(
      'test',
      encodeRollup({ usage: merged, analytics: [], answers: [] }),
    );
    expect(tallyOf([stored], all).total.spent).toBe(largest * 202n);
    const corrected = many.map((each) => ({ ...each, unknown: `-${largest}` }));
    expect(tallyOf([rollUpLines(corrected, keys)], all).total.unknown).toBe(-largest * 101n);
  });

  test('of nothing is nothing', () => {
    const empty = rollUpLines([], keys);
    expect(decodeRollup('test', encodeRollup(empty))).toEqual(empty);
    expect(tallyOf([empty], { ...all, groupBy: ['model'] }).groups).toEqual([]);
  });
});

test('a rollup is the same bytes for the same lines, wherever its bytes lie', () => {
  const bytes = encodeRollup(rollUpLines(lines, keys));
  expect(encodeRollup(rollUpLines(lines, keys)).equals(bytes)).toBe(true);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(decodeRollup('test', shifted.subarray(1))).toEqual(decodeRollup('test', bytes));
  expect(() => decodeRollup('rollups/a', Buffer.alloc(40))).toThrow(/rollups\/a cannot be read/);
});

test('analytics of merged rollups is that of all lines', () => {
  const pieces = cutAndStored([50, 300]).flatMap(({ analytics }) => analytics);
  const whole = rollUpLines(lines, keys).analytics;
  expect(mergeAnalytics(pieces, 'hour')).toEqual(whole);
  const byDay = mergeAnalytics(pieces, 'day');
  const attempts = lines.filter(({ late }) => late === undefined).length;
  expect(byDay.reduce((sum, row) => sum + row.attempts, 0)).toBe(attempts);
});

test('promotions keep their premiums through merges, beside rows of earlier versions', () => {
  const move = { model: 'alpha', next: 'beta' };
  const rows = [{ cause: 'promoted', premium: '9000000000000001' } as const, { premium: '-2' }, {}]
    .map((why) => movedLine(fromMs, { ...move, ...why }))
    .map((line) => rollUpLines([line], keys))
    .flatMap((rollup) => decodeRollup('test', encodeRollup(rollup)).analytics);
  expect(rows[2]).not.toHaveProperty('premium');
  const merged = mergeAnalytics(mergeAnalytics(rows, 'hour'), 'day');
  expect(merged).toMatchObject([
    { ...move, moves: 2, cause: 'promoted', premium: '8999999999999999' },
    { ...move, moves: 1 },
  ]);
});

test('answers are counted by model and task, in rollups merged anyhow', () => {
  const some = lines.map((line, n) => ({
    ...line,
    ...(n % 3 === 0 ? { task: 'code' as const } : {}),
    ...(n % 100 === 0 ? { retries: 'alpha' } : {}),
  }));
  const stored = [some.slice(0, 250), some.slice(250)]
    .map((piece) => decodeRollup('test', encodeRollup(rollUpLines(piece, keys))))
    .flatMap(({ answers }) => answers);
  const merged = mergeAnswers(mergeAnswers(stored, 'hour'), 'day');
  const ofCode = merged.filter(({ task, model }) => task === 'code' && model === 'alpha');
  const answered = some.filter(
    ({ task, model, attempt }) =>
      task === 'code' && model === 'alpha' && attempt?.outcome === 'succeeded',
  );
  expect(sumAnswers(ofCode)).toMatchObject({ answers: answered.length, malformed: 0 });
  const retries = some.filter((line) => 'retries' in line && line.ends);
  expect(sumAnswers(merged).retried).toBe(retries.length);
});

test('a rollup of an earlier version tells of no answers', () => {
  const { usage, analytics } = rollUpLines(lines.slice(0, 5), keys);
  // As it was written then.
  const earlier = encodeRollup({ usage, analytics } as Rollup);
  expect(decodeRollup('test', earlier).answers).toEqual([]);
});

test('percentiles are never below the true ones and at most a twelfth above', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(30), fc.nat(100_000_000)), { minLength: 1 }),
      fc.constantFrom(0.5, 0.95),
      (all_, p) => {
        const histogram: Record<string, number> = {};
        for (const ms of all_) addHistogram(histogram, { [bucketOf(ms)]: 1 });
        const sorted = all_.toSorted((left, right) => left - right);
        const exact = sorted[Math.ceil(sorted.length * p) - 1] ?? 0;
        const found = percentileMs(histogram, p) ?? 0;
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found).toBeLessThanOrEqual((exact * 13) / 12);
      },
    ),
    { seed: 9 },
  );
  for (const ms of [0, 1, 3, 9]) expect(percentileMs({ [bucketOf(ms)]: 1 }, 0.5)).toBe(ms);
  expect(percentileMs({}, 0.5)).toBeUndefined();
});
