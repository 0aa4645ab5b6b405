import { describe, expect, test } from 'vitest';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { sampleAttempt, sampleRecord } from '../../../../test/support/sample-record.ts';
import { tenantNamed } from '../../../../test/support/store.ts';
import { newJobId } from '../domain/ids.ts';
import type { JobSpec } from '../domain/job.ts';
import type { RouteShadow } from '../domain/model-catalog.ts';
import { chooseShadow, shadowDraw, shadowPercentMax, wantsShadow } from './shadow.ts';

const shadow: RouteShadow = {
  model: 'next',
  percent: 100,
  tenant: tenantNamed('lab'),
  expiresMs: 60_000,
};

/** An attempt that has ended. */
const called = sampleAttempt('alpha', {
  end: {
    ...{ endedAtMs: 1, outcome: 'succeeded', ambiguity: 'answered', error: undefined },
    ...{ usage: undefined, costNanoUsd: 1n, costIs: 'exact', providerRequestId: undefined },
    ...{ counted: true, wasted: false },
  },
});

const endedRecord = (changes: Parameters<typeof sampleRecord>[0] = {}) =>
  sampleRecord({ attempts: [called], ...changes });

const catalogOf = (changes: Partial<RouteShadow> = {}) =>
  sampleCatalog(
    [sampleModel('alpha'), sampleModel('next', { tags: ['eu'] })],
    ['auto', 'plain'].map((name) => ({
      ...{ name, strategy: 'cheapest' as const, targets: [{ model: 'alpha', weight: 1 }] },
      ...(name === 'auto' ? { shadow: { ...shadow, ...changes } } : {}),
    })),
  );

/** What is chosen for a job of the route `auto`: a refusal, `wanted`, or nothing. */
function choose(spec: Partial<JobSpec> = {}, changes: Parameters<typeof sampleRecord>[0] = {}) {
  const record = endedRecord(changes);
  const aimed = { ...record, spec: { ...record.spec, requested: 'auto', ...spec } };
  const choice = chooseShadow(catalogOf(), aimed);
  return choice && (choice.refusal ?? 'wanted');
}

const directed = (changes: object): Partial<JobSpec> => ({
  directives: { because: ['rule one'], ...changes },
});

describe('a job of a route', () => {
  test('is wanted, and one of another route, of a list or of a model is not', () => {
    expect(choose()).toBe('wanted');
    expect(choose({ requested: 'plain' })).toBeUndefined();
    expect(choose({ requested: 'alpha' })).toBeUndefined();
    expect(choose({ requested: 'auto', models: ['auto', 'alpha'] })).toBeUndefined();
  });

  test('is one that an alias or a rule has sent there, and none that they have sent away', () => {
    const to = (requested: string) => directed({ target: { requested, models: [] } });
    expect(choose({ requested: 'usual', ...to('auto') })).toBe('wanted');
    expect(choose(to('plain'))).toBeUndefined();
  });

  test('is none of the tenant that pays for shadows', () => {
    expect(choose({}, { tenant: shadow.tenant })).toBeUndefined();
  });

  test.each<[string, Partial<JobSpec>, string]>([
    ['a rule that forbids the model', directed({ forbidModels: ['next'] }), 'not_allowed'],
    ['a rule or a wish that avoids it', directed({ avoidModels: ['next'] }), 'not_allowed'],
    ['a tag that it lacks', directed({ requireTags: ['open_weights'] }), 'not_allowed'],
    ['a tag that it has', directed({ requireTags: ['eu'] }), 'wanted'],
    ['a key that may name the route', { allowedModels: ['auto'] }, 'not_allowed'],
    ['a key that may name the model', { allowedModels: ['auto', 'next'] }, 'wanted'],
  ])('under %s is %j', (_, spec, expected) => {
    expect(choose(spec)).toBe(expected);
  });

  test('is not compared with itself', () => {
    expect(choose({}, { model: 'next' })).toBe('same_model');
  });

  test('is none that has ended its workers, and none that was never called', () => {
    const error = { code: 'quarantined' as const, message: '', class: undefined };
    expect(choose({}, { error })).toBe('quarantined');
    expect(choose({}, { attempts: [] })).toBeUndefined();
  });
});

test('a share is drawn by the job, always the same, and a larger one keeps it', () => {
  const jobs = Array.from({ length: 2_000 }, () => endedRecord({ id: newJobId() })).map(
    (record) => ({ ...record, spec: { ...record.spec, requested: 'auto' } }),
  );
  const chosen = (percent: number) => {
    const catalog = catalogOf({ percent });
    const ids = jobs.filter((job) => chooseShadow(catalog, job) !== undefined);
    return ids.map(({ id }) => id);
  };
  const few = chosen(5);
  expect(few.length / jobs.length).toBeGreaterThan(0.025);
  expect(few.length / jobs.length).toBeLessThan(0.075);
  expect(chosen(5)).toEqual(few);
  expect(chosen(20)).toEqual(expect.arrayContaining(few));
  expect(chosen(100)).toHaveLength(jobs.length);
  expect(chosen(0)).toEqual([]);
  const [first] = jobs;
  if (first === undefined) throw new Error('there are jobs');
  expect(shadowDraw(first)).not.toBe(shadowDraw({ ...first, tenant: tenantNamed('other') }));
});

test('the largest share of any route is known, and none when no route has a shadow', () => {
  expect(shadowPercentMax(catalogOf({ percent: 7 }))).toBe(7);
  expect(shadowPercentMax(sampleCatalog([sampleModel('alpha')], []))).toBe(0);
});

test('a shadow that waits is wanted while its route has it', () => {
  const wanted = { model: 'next', route: 'auto' };
  expect(wantsShadow(catalogOf(), wanted)).toBe(true);
  expect(wantsShadow(catalogOf({ model: 'other' }), wanted)).toBe(false);
  expect(wantsShadow(catalogOf({ percent: 0 }), wanted)).toBe(false);
  expect(wantsShadow(catalogOf(), { ...wanted, route: 'plain' })).toBe(false);
});
