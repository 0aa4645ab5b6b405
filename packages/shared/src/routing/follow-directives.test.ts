import { describe, expect, test } from 'vitest';
import {
  sampleCatalog,
  sampleFeatures,
  sampleLive,
  sampleModel,
} from '../../../../test/support/sample-catalog.ts';
import type { RouteDirectives } from '../domain/route-directives.ts';
import type { ModelLive, RoutePlan } from '../domain/route-plan.ts';
import { noHistory, type PlanRequest } from './plan-input.ts';
import { planRoute } from './plan-route.ts';

const nowMs = 1_000_000;

const catalog = sampleCatalog(
  [
    sampleModel('eu', { tags: ['europe', 'open_weights'] }),
    sampleModel('us', { tags: ['america'] }),
    sampleModel('plain'),
  ],
  [
    {
      name: 'auto',
      strategy: 'weighted',
      targets: ['eu', 'us', 'plain'].map((model, index) => ({ model, weight: 100 ** (2 - index) })),
    },
    { name: 'abroad', strategy: 'weighted', targets: [{ model: 'us', weight: 1 }] },
  ],
);

function plan(
  directives: Partial<RouteDirectives>,
  {
    live = {},
    ...request
  }: Partial<PlanRequest> & { live?: Readonly<Record<string, Partial<ModelLive>>> } = {},
): RoutePlan {
  const figures = Object.entries(live);
  return planRoute({
    catalog,
    request: {
      requested: 'auto',
      models: [],
      features: sampleFeatures(),
      ...request,
      directives: { because: [], ...directives },
    },
    live: {
      takenAtMs: nowMs,
      models: new Map(figures.map(([name, each]) => [name, sampleLive(each)])),
    },
    limits: {
      ceilingLeftNanoUsd: 10n ** 12n,
      deadlineAtMs: nowMs + 60_000,
      nowMs,
      attemptsPerModelMax: 2,
    },
    history: noHistory,
    seed: 7,
  });
}

const names = (result: RoutePlan) => result.candidates.map(({ model }) => model).toSorted();
const codes = (result: RoutePlan) =>
  Object.fromEntries(result.exclusions.map(({ model, code }) => [model, code]));

describe('what directives rule out', () => {
  test('a model that lacks a required tag is out, with the tag named', () => {
    const result = plan({ requireTags: ['europe', 'open_weights'] });
    expect(names(result)).toEqual(['eu']);
    expect(codes(result)).toEqual({ us: 'tag_missing', plain: 'tag_missing' });
    expect(result.exclusions[0]?.reason).toBe('lacks the tag europe, open_weights');
  });

  test('a forbidden model is out, even as the only one', () => {
    const result = plan({ forbidModels: ['us'] }, { requested: 'us' });
    expect(names(result)).toEqual([]);
    expect(codes(result)).toEqual({ us: 'forbidden_by_rule' });
  });

  test('an avoided model is out while another remains, and in when none does', () => {
    expect(codes(plan({ avoidModels: ['us'] }))).toEqual({ us: 'avoided' });
    expect(names(plan({ avoidModels: ['us'] }, { requested: 'us' }))).toEqual(['us']);
    const othersDead = { eu: { poolAlive: false }, plain: { poolAlive: false } };
    expect(names(plan({ avoidModels: ['us'] }, { live: othersDead }))).toContain('us');
  });
});

describe('what directives aim at', () => {
  test('the target is planned in place of what was named, which is still shown', () => {
    const result = plan({ target: { requested: 'abroad', models: [] } });
    expect(names(result)).toEqual(['us']);
    expect(result).toMatchObject({ requested: 'auto', strategy: 'weighted' });
  });

  test('a target does not open to a key what it may not use', () => {
    const aimed = { target: { requested: 'us', models: [] } };
    const allowed = { requested: 'eu', allowedModels: ['eu'] };
    expect(codes(plan(aimed, allowed))).toEqual({ us: 'not_allowed' });
  });

  test('the plan says what had a part in it, and nothing when nothing had', () => {
    expect(plan({ because: ['rule eu-only'] }).because).toEqual(['rule eu-only']);
    expect('because' in plan({})).toBe(false);
  });
});

describe('what directives put first', () => {
  const order = (result: RoutePlan) => result.candidates.map(({ model }) => model);
  const prior = order(plan({}));

  test('preferred models stand before the rest of the route', () => {
    const last = prior.slice(-1);
    expect(order(plan({ preferModels: last }))).toEqual([...last, ...prior.slice(0, -1)]);
  });

  test('a canary leads although its route does not list it, and without it is no candidate', () => {
    const aimed = { target: { requested: 'abroad', models: [] } };
    expect(order(plan({ ...aimed, leadWith: 'eu' }))).toEqual(['eu', 'us']);
    expect(order(plan(aimed))).toEqual(['us']);
    const forbidden = plan({ ...aimed, leadWith: 'eu', forbidModels: ['eu'] });
    expect(order(forbidden)).toEqual(['us']);
  });

  test('the model of a session stands first, unless something speaks against it', () => {
    expect(order(plan({ stickTo: 'plain' }))[0]).toBe('plain');
    const dead = { live: { plain: { poolAlive: false } } };
    expect(order(plan({ stickTo: 'plain' }, dead))).not.toContain('plain');
  });
});
