import { expect, test } from 'vitest';
import { createSeenLines, type SeenLines } from './seen-lines.ts';

function take(lines: SeenLines, customId: string, envelope: { readonly a: number }): string {
  const sighting = lines.find(customId, { ...envelope, custom_id: customId });
  if (sighting.kind === 'new') sighting.keep();
  return sighting.kind;
}

test('a name is new until a line of that name is kept', () => {
  const lines = createSeenLines();
  expect(lines.find('row-1', { a: 1 }).kind).toBe('new');
  expect(take(lines, 'row-1', { a: 1 })).toBe('new');
  expect(take(lines, 'row-1', { a: 1 })).toBe('same');
  expect(take(lines, 'row-1', { a: 2 })).toBe('other');
  expect(take(lines, 'row-2', { a: 2 })).toBe('new');
});

test('the order of its members does not make a line another one', () => {
  const lines = createSeenLines();
  const sighting = lines.find('row', { a: 1, b: 2 });
  if (sighting.kind === 'new') sighting.keep();
  expect(lines.find('row', { b: 2, a: 1 }).kind).toBe('same');
});

test('no more names are kept than there is room for, and those that are stay', () => {
  const lines = createSeenLines(2);
  for (const name of ['a', 'b', 'c']) take(lines, name, { a: 1 });
  const again = ['a', 'b', 'c'].map((name) => take(lines, name, { a: 2 }));
  expect(again).toEqual(['other', 'other', 'new']);
});
