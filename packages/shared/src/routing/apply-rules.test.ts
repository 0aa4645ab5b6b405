import { describe, expect, test } from 'vitest';
import { sampleFeatures } from '../../../../test/support/sample-catalog.ts';
import type { RoutingRule, RuleCondition } from '../domain/routing-rule.ts';
import { applyRules, type RuleFacts } from './apply-rules.ts';

const plain: RuleFacts = {
  tenant: 'acme',
  keyIds: ['k2', 'k1'],
  user: 'ann',
  requested: ['auto'],
  features: sampleFeatures({
    inputTokensEstimate: 500,
    needs: ['tools'],
    task: { class: 'code', complexity: 'simple', confidence: 0.9, signals: [] },
  }),
  priority: 1,
  deadlineInMs: 60_000,
  metadata: { region: 'eu-west' },
  headers: (name) => (name === 'x-app' ? ['shop', 'desk'] : []),
};

const rule = (when: RuleCondition, effects: RoutingRule['effects'] = {}, name = 'r') => ({
  ...{ name, when, effects },
});

const fits = (when: RuleCondition, facts: Partial<RuleFacts> = {}): boolean =>
  applyRules([rule(when)], { ...plain, ...facts }).names.length > 0;

describe('a condition', () => {
  test.each<[string, RuleCondition, boolean]>([
    ['without anything holds for every job', {}, true],
    ['names the tenant', { tenant: ['acme'] }, true],
    ['names another tenant', { tenant: ['acme2', 'acm'] }, false],
    ['names how the tenant begins', { tenant: ['other', 'ac*'] }, true],
    ['names the key', { key: ['k2'] }, true],
    ['names the key that this one follows', { key: ['k1'] }, true],
    ['names the user', { user: ['a*'] }, true],
    ['names what is asked for', { requested: ['auto'] }, true],
    ['names the kind', { kind: ['chat.completions', 'embeddings'] }, true],
    ['names another kind', { kind: ['embeddings'] }, false],
    ['names the class of the priority', { priority: ['urgent'] }, true],
    ['names a less urgent class', { priority: ['high', 'bulk'] }, false],
    ['names metadata', { metadata: { region: ['eu-*'] } }, true],
    ['names metadata with another value', { metadata: { region: ['us-*'] } }, false],
    ['names metadata that is not there', { metadata: { team: ['*'] } }, false],
    ['names what every object has', { metadata: { constructor: ['*'] } }, false],
    ['names one of several headers', { headers: { 'x-app': ['desk'] } }, true],
    ['names a header that is not there', { headers: { 'x-other': ['*'] } }, false],
    ['names what the request needs', { needs: ['tools'] }, true],
    ['names more than it needs', { needs: ['tools', 'vision'] }, false],
    ['has the size within its limits', { inputTokens: { atLeast: 500, atMost: 500 } }, true],
    ['has the size above its limit', { inputTokens: { atMost: 499 } }, false],
    ['names the task', { task: ['code', 'chat'] }, true],
    ['names another task', { task: ['chat'] }, false],
    ['names how hard it is', { complexity: ['hard'] }, false],
    ['asks for images', { images: { atLeast: 1 } }, false],
    ['has the deadline within', { deadlineWithinMs: 60_000 }, true],
    ['has the deadline beyond', { deadlineWithinMs: 59_999 }, false],
    ['joins conditions', { all: [{ tenant: ['acme'] }, { user: ['ann'] }] }, true],
    ['joins one that does not hold', { all: [{ tenant: ['acme'] }, { user: ['bob'] }] }, false],
    ['has one of several', { any: [{ user: ['bob'] }, { user: ['ann'] }] }, true],
    ['has none of several', { any: [{ user: ['bob'] }, { user: ['eve'] }] }, false],
    ['turns one around', { not: { user: ['bob'] } }, true],
    ['turns around what holds', { tenant: ['acme'], not: { any: [{ user: ['ann'] }] } }, false],
  ])('that %s', (_, when, expected) => {
    expect(fits(when)).toBe(expected);
  });

  test('about a user holds for no job without one, not even with a wildcard', () => {
    expect(fits({ user: ['*'] }, { user: undefined })).toBe(false);
    expect(fits({ not: { user: ['*'] } }, { user: undefined })).toBe(true);
  });

  test('about a task holds for no job whose prompt was not looked at', () => {
    expect(fits({ task: ['code'] }, { features: sampleFeatures() })).toBe(false);
  });
});

describe('rules that fit', () => {
  const law = rule({}, { requireTags: ['eu'], forbid: ['x'], prefer: ['a'] }, 'law');
  const taste = rule(
    {},
    { requireTags: ['eu', 'open'], routeTo: ['small'], strategy: 'fastest', prefer: ['b'] },
    'taste',
  );
  const weights = { cost: 3 };
  const habit = rule(
    {},
    { routeTo: ['large'], strategy: 'cheapest', avoid: ['y'], weights },
    'habit',
  );
  const other = rule({ tenant: ['none'] }, { forbid: ['everything'] }, 'other');

  test('all have their say: what rules out adds up, of single things the first counts', () => {
    expect(applyRules([law, other, taste, habit], plain)).toEqual({
      names: ['law', 'taste', 'habit'],
      routeTo: ['small'],
      strategy: 'fastest',
      weights,
      requireTags: ['eu', 'open'],
      forbid: ['x'],
      avoid: ['y'],
      prefer: ['a', 'b'],
    });
  });

  test('read no header that no rule names', () => {
    const read: string[] = [];
    const headers = (name: string) => {
      read.push(name);
      return [];
    };
    applyRules([law, rule({ headers: { 'x-app': ['*'] } })], { ...plain, headers });
    expect(read).toEqual(['x-app']);
  });
});
