import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTimeZone, windowEnds } from './window-ends.ts';

const zones = ['UTC', 'Europe/Rome', 'America/New_York', 'Asia/Kolkata', 'Africa/Cairo'];

const formats = new Map(
  zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat('en-CA', { timeZone })]),
);

function localDate(timeZone: string, atMs: number): string | undefined {
  return formats.get(timeZone)?.format(atMs);
}

test('a day ends at the first instant of the next date, whatever the clocks do', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
      (zone, fromMs) => {
        const ends = windowEnds('day', zone, fromMs);
        const dates = ends.map((end) => localDate(zone, end));
        expect(localDate(zone, fromMs)).not.toBe(dates[0]);
        expect(new Set(dates).size).toBe(ends.length);
        for (const [index, end] of ends.entries()) {
          expect(end).toBeGreaterThan(ends[index - 1] ?? fromMs);
          expect(localDate(zone, end - 1)).not.toBe(dates[index]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a month ends on the first, at local midnight', () => {
  const [first, second] = windowEnds('month', 'Europe/Rome', Date.UTC(2026, 9, 15));
  expect(new Date(first ?? 0).toISOString()).toBe('2026-10-31T23:00:00.000Z');
  expect(new Date(second ?? 0).toISOString()).toBe('2026-11-30T23:00:00.000Z');
});

test('names of the database and UTC are time zones', () => {
  expect(['UTC', 'Europe/Rome'].every(isTimeZone)).toBe(true);
  expect(['', 'CET+1', 'Mars/Olympus', 'europe rome'].some(isTimeZone)).toBe(false);
});
