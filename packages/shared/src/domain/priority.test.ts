import { expect, test } from 'vitest';
import { priorityClass, priorityClasses, priorityNames, ticketPriority } from './priority.ts';

const priorities = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test('every named priority belongs to the class of its name', () => {
  for (const name of priorityClasses) expect(priorityClass(priorityNames[name])).toBe(name);
});

test('classes never become more urgent as the number grows', () => {
  const ranks = priorities.map((each) => priorityClasses.indexOf(priorityClass(each)));
  expect(ranks).toEqual(ranks.toSorted((left, right) => left - right));
  expect(new Set(ranks).size).toBe(priorityClasses.length);
});

test('no ticket has priority 0, which BullMQ would run before everything', () => {
  expect(priorities.map(ticketPriority)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
