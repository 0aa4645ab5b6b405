import { expect, test } from 'vitest';
import { breakerVerdict } from './breaker.ts';
import { errorClasses } from './outcome.ts';

const bad = ['connect_failed', 'server_error', 'overloaded', 'timeout', 'cut', 'gateway_error'];
const ours = [
  ...['payload_unreadable', 'lost_lease', 'worker_error', 'cancelled', 'deadline'],
  ...['permit_lapsed', 'price_raised', 'shutdown'],
];

test('only what a provider does not do speaks against it, never what the caller asked for', () => {
  expect(breakerVerdict({ outcome: 'succeeded' })).toBe('good');
  for (const name of errorClasses) {
    const expected = bad.includes(name) ? 'bad' : ours.includes(name) ? 'none' : 'good';
    expect(breakerVerdict({ outcome: name }), name).toBe(expected);
  }
});

test('a deadline speaks against a provider that was silent for far too long', () => {
  expect(breakerVerdict({ outcome: 'deadline', hasHung: true })).toBe('bad');
  expect(breakerVerdict({ outcome: 'deadline', hasHung: false })).toBe('none');
});
