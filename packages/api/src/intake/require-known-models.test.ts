import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { describe, expect, test } from 'vitest';
import { sampleCatalog, sampleModel } from '../../../../test/support/sample-catalog.ts';
import { requireNoRoutes } from './require-known-models.ts';

const nowMs = 1_000;

const catalog = {
  ...sampleCatalog(
    [sampleModel('one'), sampleModel('dear')],
    [{ name: 'two', strategy: 'cheapest', targets: [{ model: 'one', weight: 1 }] }],
  ),
  aliases: new Map([
    ['steady', { name: 'steady', versions: [{ target: 'one', fromMs: 0 }] }],
    [
      'newest',
      {
        name: 'newest',
        versions: [
          { target: 'one', fromMs: 0 },
          { target: 'two', fromMs: nowMs },
        ],
      },
    ],
  ]),
};

function refusalOf(models: readonly string[], atMs = nowMs): object | undefined {
  try {
    requireNoRoutes(catalog, models, atMs);
    return undefined;
  } catch (error) {
    if (!ForebayError.is(error)) throw error;
    const places = error.errors.map(({ pointer }) => pointer);
    return { code: error.code, param: error.param, message: error.message, places };
  }
}

describe('a list of models', () => {
  test.each([
    ['the route itself', ['dear', 'two'], '"two" is a route; a list takes models'],
    ['an alias of it', ['dear', 'newest'], '"newest" stands for the route "two"; a list takes'],
    ['it alone', ['two'], '"two" is a route'],
  ])('with a route is refused by its place: %s', (_, models, text) => {
    expect(refusalOf(models)).toEqual({
      ...{ code: 'invalid_request', param: `models.${models.length - 1}` },
      message: expect.stringContaining(text),
      places: [`/models/${models.length - 1}`],
    });
  });

  test('with several is refused for each', () => {
    const places = ['/models/0', '/models/2'];
    expect(refusalOf(['newest', 'dear', 'two'])).toMatchObject({ param: 'models.0', places });
  });

  test('may have aliases of models, and names that the plan knows nothing of', () => {
    expect(refusalOf(['steady', 'dear', 'removed'])).toBeUndefined();
    expect(refusalOf(['newest', 'dear'], nowMs - 1)).toBeUndefined();
    expect(refusalOf([])).toBeUndefined();
  });
});
