import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { checkOutputSchema } from './check-output-schema.ts';

const draft07 = 'http://json-schema.org/draft-07/schema#';

function nested(levels: number): JsonObject {
  return levels === 0 ? {} : { items: nested(levels - 1) };
}

const manyKeys = (count: number): JsonObject => ({
  properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, {}])),
});

test.each<JsonObject>([
  {},
  { type: 'object', properties: { a: { type: ['string', 'null'] } }, required: ['a'] },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' },
  { $schema: draft07, items: [{ type: 'string' }] },
  { $schema: 'https://example.com/own', type: 'object' },
  { $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } }, $ref: '#/$defs/node' },
  { $defs: { 'a/b': {} }, $ref: '#/$defs/a~1b' },
  { properties: { self: { $ref: '#' } } },
  { pattern: '^[\\w-.]+$' },
  // Data, whatever it looks like.
  { const: { $ref: 'https://example.com/x' }, enum: [{ pattern: '(' }] },
  { properties: { pattern: { type: 'string' }, $ref: { type: 'string' } } },
  { 'x-vendor': 5, type: 'string', nullable: true },
  { $id: 'https://example.com/mine', $ref: '#/$defs/a', $defs: { a: {} } },
  { $ref: '#node', $defs: { a: { $anchor: 'node' } } },
  { $dynamicRef: '#node', $defs: { a: { $dynamicAnchor: 'node' } } },
  // Names of properties, whatever they look like.
  { properties: { $async: {}, $id: {}, $anchor: {}, nullable: true, id: {}, enum: {} } },
  nested(31),
  manyKeys(3_990),
])('is taken: %j', (schema) => {
  expect(checkOutputSchema(schema)).toEqual([]);
});

test.each<[JsonObject, string, string]>([
  [{ type: 'objct' }, '/type', 'no JSON Schema: must be equal to one of the allowed values'],
  [{ properties: { a: { required: 'x' } } }, '/properties/a/required', 'must be array'],
  [{ $ref: 'https://example.com/schema' }, '/$ref', 'lead to a place in the same schema'],
  [{ items: { $ref: 'other.json#/a' } }, '/items/$ref', 'lead to a place in the same schema'],
  [{ $ref: '#/$defs/none' }, '/$ref', 'leads nowhere'],
  [{ $ref: '#/constructor' }, '/$ref', 'leads nowhere'],
  [{ $ref: '#/%zz' }, '/$ref', 'leads nowhere'],
  [{ $ref: '#nope' }, '/$ref', 'leads nowhere'],
  [{ $ref: '#/const', const: { pattern: '(' } }, '/$ref', 'leads nowhere'],
  [{ $ref: '#a', prefixItems: [{ $anchor: 'a' }] }, '/$ref', 'leads nowhere'],
  [{ $dynamicRef: 'other.json' }, '/$dynamicRef', 'lead to a place in the same schema'],
  [{ $dynamicRef: '#nope' }, '/$dynamicRef', 'leads nowhere'],
  [{ $recursiveRef: '#nope' }, '/$recursiveRef', 'leads nowhere'],
  [{ $anchor: 'a', not: { $dynamicAnchor: 'a' } }, '/not/$dynamicAnchor', 'exists twice'],
  [{ $anchor: '1 a' }, '/$anchor', 'must match pattern'],
  [{ items: { $id: 'x', $ref: '#/y', y: {} } }, '/items/$id', 'only the whole schema'],
  [{ $async: true }, '/$async', 'no keyword'],
  [{ properties: { a: { not: { $async: true } } } }, '/properties/a/not/$async', 'no keyword'],
  [{ $ref: '#', nullable: true }, '/nullable', 'instead'],
  [{ type: ['string', 'null'], nullable: false }, '/nullable', 'instead'],
  [{ properties: { enum: { $ref: 'other.json' } } }, '/properties/enum/$ref', 'same schema'],
  [{ items: { pattern: '(' } }, '/items/pattern', 'no regular expression'],
  [{ patternProperties: { '[': {} } }, '/patternProperties', 'no regular expression'],
  [nested(40), '/items'.repeat(32), 'nest at most 32 levels'],
  [manyKeys(4_001), '', 'at most 4000 keys'],
])('is refused: %j', (schema, pointer, detail) => {
  const problems = checkOutputSchema(schema);
  expect(problems[0]).toMatchObject({ pointer, detail: expect.stringContaining(detail) });
});

test('no object makes it throw', () => {
  const keywords = fc.constantFrom(
    ...['type', '$ref', 'pattern', 'items', 'properties', '$id', 'enum', '$anchor', 'nullable'],
  );
  const schemas = fc.dictionary(fc.oneof(keywords, fc.string()), fc.jsonValue());
  fc.assert(
    fc.property(schemas, (schema) => {
      expect(Array.isArray(checkOutputSchema(JSON.parse(JSON.stringify(schema))))).toBe(true);
    }),
  );
});
