/**
 * Writes a JSON value that fits a JSON schema, for structured answers and tool arguments.
 *
 * Not a schema validator: it knows the keywords that structured-output schemas use (type,
 * properties, required, items, enum, const, anyOf, oneOf, allOf, $ref into the same document,
 * length and number bounds) and ignores the rest.
 */
import { isRecord } from './is-record.ts';
import type { SeededRandom } from './seeded-random.ts';

/** References and nesting stop here, so a schema that contains itself still ends. */
const DEPTH_MAX = 12;

const WORDS = ['alpha', 'harbour', 'invoice', 'north', 'ready', 'sample', 'value', 'window'];

/** A value that fits the schema; anything that is no schema gives a short text. */
export function sampleJson(schema: unknown, random: SeededRandom): unknown {
  return sampleAt({ root: schema, random }, schema, 0);
}

interface SampleContext {
  root: unknown;
  random: SeededRandom;
}

function sampleAt(context: SampleContext, schema: unknown, depth: number): unknown {
  if (!isRecord(schema) || depth > DEPTH_MAX) return null;
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'];
  if (Array.isArray(choices) && choices.length > 0) return context.random.pick(choices);
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    return sampleAt(context, resolveReference(context.root, reference), depth + 1);
  }
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives) && alternatives.length > 0) {
    return sampleAt(context, alternatives[0], depth + 1);
  }
  const parts = schema['allOf'];
  if (Array.isArray(parts)) return sampleAt(context, mergeParts(schema, parts), depth + 1);
  return sampleType(context, schema, depth);
}

function sampleType(
  context: SampleContext,
  schema: Record<string, unknown>,
  depth: number,
): unknown {
  switch (schemaType(schema)) {
    case 'object':
      return sampleObject(context, schema, depth);
    case 'array':
      return sampleArray(context, schema, depth);
    case 'integer':
      return Math.round(sampleNumber(context.random, schema));
    case 'number':
      return sampleNumber(context.random, schema);
    case 'boolean':
      return context.random.next() < 0.5;
    case 'null':
      return null;
    default:
      return sampleString(context.random, schema);
  }
}

function schemaType(schema: Record<string, unknown>): unknown {
  const type = schema['type'];
  if (Array.isArray(type)) return type.find((name) => name !== 'null') ?? 'null';
  if (type !== undefined) return type;
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : 'string';
}

function sampleObject(
  context: SampleContext,
  schema: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const properties = schema['properties'];
  if (!isRecord(properties)) return result;
  const required = schema['required'];
  for (const [name, property] of Object.entries(properties)) {
    const needed = !Array.isArray(required) || required.includes(name);
    if (needed || depth < DEPTH_MAX / 2) result[name] = sampleAt(context, property, depth + 1);
  }
  return result;
}

function sampleArray(
  context: SampleContext,
  schema: Record<string, unknown>,
  depth: number,
): unknown[] {
  const least = numberOr(schema['minItems'], 1);
  const most = numberOr(schema['maxItems'], Math.max(least, 2));
  const length = Math.min(context.random.integer(least, Math.max(least, most)), 100);
  return Array.from({ length }, () => sampleAt(context, schema['items'], depth + 1));
}

function sampleNumber(random: SeededRandom, schema: Record<string, unknown>): number {
  const from = numberOr(schema['minimum'], numberOr(schema['exclusiveMinimum'], 0) + 1);
  const to = numberOr(schema['maximum'], numberOr(schema['exclusiveMaximum'], from + 101) - 1);
  return random.integer(Math.ceil(from), Math.max(Math.ceil(from), Math.floor(to)));
}

function sampleString(random: SeededRandom, schema: Record<string, unknown>): string {
  if (schema['format'] === 'date') return '2026-03-14';
  if (schema['format'] === 'date-time') return '2026-03-14T09:26:53Z';
  const least = numberOr(schema['minLength'], 1);
  const most = numberOr(schema['maxLength'], 10_000);
  let text = `${random.pick(WORDS)} ${random.pick(WORDS)}`;
  while (text.length < least) text += ` ${random.pick(WORDS)}`;
  return text.slice(0, most);
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function mergeParts(schema: Record<string, unknown>, parts: unknown[]): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...schema };
  delete merged['allOf'];
  const properties: Record<string, unknown> = isRecord(schema['properties'])
    ? { ...schema['properties'] }
    : {};
  for (const part of parts) {
    if (!isRecord(part)) continue;
    Object.assign(properties, isRecord(part['properties']) ? part['properties'] : {});
    Object.assign(merged, part);
  }
  if (Object.keys(properties).length > 0) merged['properties'] = properties;
  return merged;
}

function resolveReference(root: unknown, reference: string): unknown {
  let node: unknown = root;
  for (const segment of reference.replace(/^#\/?/, '').split('/')) {
    if (segment === '') continue;
    const name = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    node = isRecord(node) ? node[name] : undefined;
  }
  return node;
}
