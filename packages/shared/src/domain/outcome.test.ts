import { expect, test } from 'vitest';
import { errorClasses, errorClassRules, ruleOf } from './outcome.ts';

test('every class of the table is listed and has a text and an ambiguity', () => {
  expect(errorClasses).toEqual(Object.keys(errorClassRules));
  for (const name of errorClasses) {
    expect(ruleOf(name).text).not.toBe('');
    expect(ruleOf(name).ambiguities.length).toBeGreaterThan(0);
  }
});

test('whatever may have been billed without an answer is repeated only as a risk', () => {
  const ended = ['cancelled', 'deadline', 'shutdown'];
  for (const name of errorClasses) {
    const rule = ruleOf(name);
    if (!rule.ambiguities.includes('unknown') || ended.includes(name)) continue;
    expect(rule.next).toBe('risk_retry');
  }
});

test('cancel, deadline and shutdown can come at any moment, and only shutdown is free', () => {
  const all = ['not_sent', 'refused', 'answered', 'unknown'];
  expect(ruleOf('cancelled')).toMatchObject({ ambiguities: all, next: 'fail' });
  expect(ruleOf('deadline')).toMatchObject({ ambiguities: all, next: 'fail' });
  expect(ruleOf('shutdown')).toMatchObject({ ambiguities: all, next: 'free_retry' });
});
