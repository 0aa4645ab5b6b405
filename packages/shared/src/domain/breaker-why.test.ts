import { expect, test } from 'vitest';
import { isBreakerWhy } from './breaker-why.ts';
import { limits } from './limits.ts';

const longest = 'x'.repeat(limits.breakerWhyCharactersMax);

test.each(['x', 'the provider moves', 'déjà vu 🙂', longest])('%s is a reason', (text) => {
  expect(isBreakerWhy(text)).toBe(true);
});

test.each(['', `${longest}x`, 'a\nb', 'a\u001b[2J', 'a\u009b', '\ud800'])('%j is none', (text) => {
  expect(isBreakerWhy(text)).toBe(false);
});
