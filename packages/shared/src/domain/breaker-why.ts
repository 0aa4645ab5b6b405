/** What an operator may give as the reason for setting a breaker. Other operators are shown it. */
import { limits } from './limits.ts';

const max = limits.breakerWhyCharactersMax;

export const breakerWhyExpected = `expected 1 to ${max} characters, without control characters`;

export function isBreakerWhy(text: string): boolean {
  return text.length <= max && /^[^\p{Cc}\p{Cs}]+$/u.test(text);
}
