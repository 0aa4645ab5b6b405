import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleFeatures,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { Catalog, RouteCanary } from '../domain/model-catalog.ts';
import type { RoutingRule } from '../domain/routing-rule.ts';
import { type DirectInput, directJob } from './direct-job.ts';
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
      { name: 'eighth', versions: [{ target: 'gpt-08', fromMs: 0 }] },
      { name: 'newest', versions: [{ target: 'gpt-12', fromMs: 0 }] },
      { name: 'usual', versions: [{ target: 'gpt', fromMs: 0 }] },
      { name: 'any', versions: [{ target: 'auto', fromMs: 0 }] },
    ].map((alias) => [alias.name, alias]),
  ),
};

interface Scene
  extends Partial<Pick<DirectInput, 'wishes' | 'boundTo' | 'drawText' | 'savesMoney'>> {
  readonly models?: readonly string[];
  readonly rules?: readonly RoutingRule[];
  readonly canary?: RouteCanary;
}

function direct(
  requested: string,
  {
    models = [],
    rules = [],
    wishes = {},
    canary,
    boundTo,
    drawText = 'job',
    savesMoney = false,
  }: Scene = {},
) {
  return directJob({
    catalog: { ...catalog, routes: routesWith(canary), rules },
    named: { requested, models },
    facts: {
      ...{ tenant: 'acme', keyIds: [], user: undefined, metadata: {}, headers: () => [] },
      ...{ features: sampleFeatures(), priority: 5, deadlineInMs: 1_000 },
    },
    ...{ wishes, boundTo, drawText, savesMoney, nowMs: september },
  });
}

function routesWith(canary: RouteCanary | undefined): Catalog['routes'] {
  const routes = [...catalog.routes.values()];
  return new Map(routes.map((route) => [route.name, { ...route, canary }]));
}

describe('a name', () => {
  test.each([
    ['gpt', '2026-09-01', 'gpt-03'],
    ['gpt', '2026-10-01', 'gpt-08'],
    ['gpt', '2026-12-01', 'gpt-12'],
    ['usual', '2026-11-30T23:59:59Z', 'gpt-08'],
    ['any', '2026-09-01', 'auto'],
    ['eighth', '2027-02-01', 'gpt-12'],
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
      {
        name: 'spare',
        when: {},
        effects: { avoid: ['gpt-12'], requireTags: ['eu'], weights: { cost: 3 } },
      },
    ];
    expect(direct('auto', { rules })).toEqual({
      target: { requested: 'gpt-03', models: [] },
      aliases: { 'gpt-03': 'gpt' },
      requireTags: ['eu'],
      avoidModels: ['gpt-12'],
      weights: { cost: 3 },
      because: ['rule send', 'rule spare', 'alias gpt → gpt-03'],
    });
  });
});

describe('a job that is tried again', () => {
  test('stays bound by the rules of its first try, and by those of now', () => {
    const boundTo = { requireTags: ['eu'], forbidModels: ['gpt-03'] };
    expect(direct('gpt-08', { boundTo })).toEqual({
      ...boundTo,
      because: ['rules of the first try'],
    });
    const rules = [{ name: 'open', when: {}, effects: { requireTags: ['open', 'eu'] } }];
    expect(direct('gpt-08', { boundTo, rules })).toEqual({
      requireTags: ['open', 'eu'],
      forbidModels: ['gpt-03'],
      because: ['rule open', 'rules of the first try'],
    });
  });
});

describe('preferences', () => {
  const wishes = {
    ofJob: { prefer: ['gpt-12'], avoid: ['gpt-03'] },
    ofUser: { prefer: ['gpt-03', 'gpt-08'], avoid: ['gpt-12'] },
    ofKey: { prefer: ['newest'], avoid: ['gpt-08'] },
  };

  test('of the job go before those of its user, and those before the ones of its key', () => {
    expect(direct('auto', { wishes })).toEqual({
      preferModels: ['gpt-12', 'gpt-08'],
      avoidModels: ['gpt-03'],
      because: ['wishes of the job', 'wishes of the user'],
    });
  });

  test('give way to rules', () => {
    const rules = [{ name: 'no', when: {}, effects: { avoid: ['gpt-12'], prefer: ['gpt-03'] } }];
    const ofJob = { prefer: ['gpt-12', 'gpt-08'], avoid: ['gpt-03'] };
    expect(direct('auto', { rules, wishes: { ofJob } })).toEqual({
      preferModels: ['gpt-03', 'gpt-08'],
      avoidModels: ['gpt-12'],
      because: ['rule no', 'wishes of the job'],
    });
  });

  test('that are empty have no say', () => {
    expect(direct('auto', { wishes: { ofKey: { prefer: [], avoid: [] } } })).toBeUndefined();
  });
});

describe('weights of a key', () => {
  const wishes = { weightsOfKey: { quality: 4 } };
  const rule = { name: 'cheap', when: {}, effects: { weights: { cost: 3, quality: 2 } } };
  const because = ['weights of the key'];

  test('go before those of rules, part by part, and before a strategy that uses none', () => {
    const weights = { cost: 3, quality: 4 };
    expect(direct('auto', { wishes, rules: [rule] })).toEqual({
      ...{ strategy: 'balanced', weights },
      because: ['rule cheap', ...because],
    });
    const fastest = { ...rule, effects: { strategy: 'fastest' as const } };
    expect(direct('auto', { wishes, rules: [fastest] })).toMatchObject({
      ...{ strategy: 'balanced', weights: { quality: 4 } },
    });
  });

  test('mean nothing to a job that names models', () => {
    expect(direct('gpt-12', { wishes })).toBeUndefined();
    expect(direct('gpt-12,gpt-08', { wishes, models: ['gpt-12', 'gpt-08'] })).toBeUndefined();
  });
});

describe('a session', () => {
  test('keeps its name with the job, and the model that it stays with', () => {
    const session = 's1';
    expect(direct('auto', { wishes: { session } })).toEqual({ session, because: [] });
    expect(direct('any', { wishes: { session, pinned: 'gpt-08' } })).toMatchObject({
      session,
      stickTo: 'gpt-08',
      because: ['alias any → auto', 'session stays with gpt-08'],
    });
  });

  test('means nothing to a job that names models', () => {
    expect(direct('gpt-12', { wishes: { session: 's1', pinned: 'gpt-08' } })).toBeUndefined();
  });
});

describe('a canary', () => {
  const jobs = Array.from({ length: 10_000 }, (_, index) => `job_${index}`);
  const led = (canary: RouteCanary, scene: Scene = {}) =>
    new Set(
      jobs.filter((drawText) => {
        const directives = direct('auto', { canary, drawText, ...scene });
        return directives?.leadWith === canary.model;
      }),
    );

  test.each([0, 1, 5, 25, 50, 100])('gets %d % of the jobs, within 2 % of all', (percent) => {
    const share = (led({ model: 'gpt-12', percent }).size / jobs.length) * 100;
    expect(Math.abs(share - percent)).toBeLessThan(percent === 0 || percent === 100 ? 1e-9 : 2);
  });

  test('keeps the jobs of a smaller share in a larger one, and sessions on one side', () => {
    const few = led({ model: 'gpt-12', percent: 5 });
    const more = led({ model: 'gpt-12', percent: 25 });
    expect([...few].every((job) => more.has(job))).toBe(true);
    const canary = { model: 'gpt-12', percent: 50 };
    expect([0, jobs.length]).toContain(led(canary, { wishes: { session: 's' } }).size);
  });

  test('waits while money runs short, and is said to have led', () => {
    const canary = { model: 'gpt-12', percent: 100 };
    expect(led(canary, { savesMoney: true }).size).toBe(0);
    expect(direct('auto', { canary })?.because).toEqual(['canary gpt-12']);
  });
});
