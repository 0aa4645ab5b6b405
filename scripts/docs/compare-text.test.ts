import { describe, expect, test } from 'vitest';
import { firstDifference } from './compare-text.ts';

describe('firstDifference', () => {
  test('is null for equal texts', () => {
    expect(firstDifference('a\nb\n', 'a\nb\n')).toBeNull();
  });

  test('names the first line that differs with both versions', () => {
    const hint = firstDifference('a\nb\n', 'a\nc\n');
    expect(hint).toContain('line 2');
    expect(hint).toContain('generated: b');
    expect(hint).toContain('committed: c');
  });

  test('says where one text ends before the other', () => {
    expect(firstDifference('a', 'a\nb')).toContain('generated: (end)');
  });
});
