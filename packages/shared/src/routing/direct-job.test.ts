import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleFeatures,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { Catalog } from '../domain/model-catalog.ts';
import type { RoutingRule } from '../domain/routing-rule.ts';
import { directJob } from './direct-job.ts';
import { resolveAlias } from './resolve-alias.ts';

const day = (text: string): number => Date.parse(text);
const september = day('2026-09-01');

const catalog: Catalog = {
  ...sampleCatalog(
    [
      sampleModel('gpt-03', { retiresAtMs: day('2026-10-01'), replacedBy: 'gpt-08' }),
      sampleModel('gpt-08', { retiresAtMs: day('2027-01-01'), replacedBy: 'newest' }),
      sampleModel('gpt-12'),
    ],
    [{ name: 'auto', strategy: 'cheapest', targets: [{ model: 'gpt-08', weight: 1 }] }],
  ),
  aliases: new Map(
    [
      {
        name: 'gpt',
        versions: [
          { target: 'gpt-03', fromMs: 0 },
          { target: 'gpt-12', fromMs: day('2026-12-01') },
        ],
      },
      { name: 'newest', versions: [{ target: 'gpt-12', fromMs: 0 }] },
      { name: 'usual', versions: [{ target: 'gpt', fromMs: 0 }] },
      { name: 'any', versions: [{ target: 'auto', fromMs: 0 }] },
    ].map((alias) => [alias.name, alias]),
  ),
};

function direct(
  requested: string,
  {
    models = [],
    rules = [],
    nowMs = september,
  }: { models?: readonly string[]; rules?: readonly RoutingRule[]; nowMs?: number } = {},
) {
  return directJob({
    catalog: { ...catalog, rules },
    named: { requested, models },
    facts: {
      ...{ tenant: 'acme', keyIds: [], user: undefined, metadata: {}, headers: () => [] },
      ...{ features: sampleFeatures(), priority: 5, deadlineInMs: 1_000 },
    },
    nowMs,
  });
}

describe('a name', () => {
  test.each([
    ['gpt', '2026-09-01', 'gpt-03'],
    ['gpt', '2026-10-01', 'gpt-08'],
    ['gpt', '2026-12-01', 'gpt-12'],
    ['usual', '2026-11-30T23:59:59Z', 'gpt-08'],
    ['any', '2026-09-01', 'auto'],
    ['gpt-03', '2026-12-01', 'gpt-03'],
    ['nobody', '2026-09-01', 'nobody'],
  ])('such as %s stands on %s for %s', (name, at, expected) => {
    expect(resolveAlias(catalog, name, day(at))).toBe(expected);
  });
});

describe('what a job is told about its route', () => {
  test('is nothing when nothing has a say', () => {
    expect(direct('gpt-08')).toBeUndefined();
    expect(direct('gpt-03,gpt-12', { models: ['gpt-03', 'gpt-12'] })).toBeUndefined();
  });

  test('is the version of its alias', () => {
    expect(direct('gpt')).toEqual({
      target: { requested: 'gpt-03', models: [] },
      aliases: { 'gpt-03': 'gpt' },
      because: ['alias gpt → gpt-03'],
    });
  });

  test('is a list with its aliases resolved, each model once', () => {
    const models = ['newest', 'gpt-08', 'gpt-12'];
    expect(direct(models.join(','), { models })).toMatchObject({
      target: { requested: 'gpt-12,gpt-08', models: ['gpt-12', 'gpt-08'] },
      aliases: { 'gpt-12': 'newest' },
    });
  });

  test('is where a rule sends it, with its aliases resolved, and what else rules say', () => {
    const rules = [
      { name: 'send', when: { requested: ['auto'] }, effects: { routeTo: ['gpt'] } },
      { name: 'spare', when: {}, effects: { avoid: ['gpt-12'], requireTags: ['eu'] } },
    ];
    expect(direct('auto', { rules })).toEqual({
      target: { requested: 'gpt-03', models: [] },
      aliases: { 'gpt-03': 'gpt' },
      requireTags: ['eu'],
      avoidModels: ['gpt-12'],
      because: ['rule send', 'rule spare', 'alias gpt → gpt-03'],
    });
  });
});
