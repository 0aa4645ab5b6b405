import { describe, expect, test } from 'vitest';
import { chooseRollups } from './choose-rollups.ts';
import { compareIds, formatRollup, parseRollup, type RollupName } from './rollup-names.ts';

const startMs = Date.UTC(2030, 0, 31);
const dayMs = 86_400_000;

function named(kind: RollupName['kind'], hour: number, [first, last]: [string, string]) {
  return { kind, tenant: 'dev', day: '20300131', hour, first, last };
}

const wholeDay = { fromMs: startMs, beforeMs: startMs + dayMs, needsHours: false };
const firstBatch = named('batch', 3, ['10-0', '19-0']);
const nextBatch = named('batch', 3, ['20-0', '29-4']);
const hour = named('hour', 3, ['10-0', '19-0']);
const fullHour = named('hour', 3, ['10-0', '29-4']);
const otherHour = named('hour', 4, ['30-0', '39-0']);
const day = named('day', 0, ['10-0', '39-0']);

describe('what is read', () => {
  test('is an hour for the batches in it, and what has come since', () => {
    const names = [firstBatch, hour, nextBatch];
    expect(chooseRollups(names, '99-0', wholeDay)).toEqual([hour, nextBatch]);
    expect(chooseRollups([...names, fullHour], '99-0', wholeDay)).toEqual([fullHour]);
  });

  test('is a day for its hours, unless they are asked for', () => {
    const names = [day, fullHour, otherHour, nextBatch];
    expect(chooseRollups(names, '99-0', wholeDay)).toEqual([day]);
    const hours = [fullHour, otherHour];
    expect(chooseRollups(names, '99-0', { ...wholeDay, needsHours: true })).toEqual(hours);
    const part = { ...wholeDay, fromMs: startMs + 4 * 3_600_000 };
    expect(chooseRollups(names, '99-0', part)).toEqual([otherHour]);
  });

  test('is the hours while a day does not hold all of them', () => {
    const late = named('batch', 4, ['50-0', '51-0']);
    const names = [day, fullHour, otherHour, late];
    expect(chooseRollups(names, '99-0', wholeDay)).toEqual([fullHour, otherHour, late]);
  });

  test('ends at the mark', () => {
    expect(chooseRollups([firstBatch, nextBatch], '19-0', wholeDay)).toEqual([firstBatch]);
    expect(chooseRollups([firstBatch, nextBatch], '', wholeDay)).toEqual([]);
  });

  test('is nothing that reaches over the mark: it has moved since', () => {
    expect(chooseRollups([fullHour], '19-0', wholeDay)).toBeUndefined();
  });
});

test('names tell what is inside, and others are not ours', () => {
  expect(parseRollup(formatRollup(fullHour))).toEqual(fullHour);
  expect(parseRollup('rollups/dev/20300131/other_03_1-0_2-0')).toBeUndefined();
});

test('ids are ordered as numbers', () => {
  expect(['10-0', '9-10', '9-9', ''].toSorted(compareIds)).toEqual(['', '9-9', '9-10', '10-0']);
  expect(compareIds('9-0', 'Infinity-0')).toBe(-1);
});
