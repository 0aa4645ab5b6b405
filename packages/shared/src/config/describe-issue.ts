/** Turns what zod found into what a person needs: the place, what was expected, what was there. */
import type { z } from 'zod';
import { didYouMean } from '../domain/nearest-name.ts';
import type { SourcePosition, YamlSource } from './yaml-source.ts';

export interface DescribedIssue extends SourcePosition {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Describes one issue; unknown keys give one problem each. */
export function describeIssue(
  schema: JsonSchema,
  issue: Issue,
  source: YamlSource,
): readonly DescribedIssue[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(schema, { path, key }, source));
  if (issue.code === 'invalid_union') return describeUnion(schema, issue, source);
  if (issue.code === 'invalid_key') return [badKey(issue, source)];
  return [{ ...source.positionOf(path), path, message: expectationOf(issue, source) }];
}

function unknownKey(
  schema: JsonSchema,
  { path, key }: { readonly path: readonly PropertyKey[]; readonly key: string },
  source: YamlSource,
): DescribedIssue {
  const known = knownKeysAt(schema, path);
  const hint = didYouMean(key, known) || ` (expected one of ${known.join(', ')})`;
  const message = `unknown key "${key}"${hint}`;
  return { ...source.positionOfKey(path, key), path: [...path, key], message };
}

function badKey(
  issue: Extract<Issue, { code: 'invalid_key' }>,
  source: YamlSource,
): DescribedIssue {
  const { path } = issue;
  const key = String(path.at(-1));
  const expected = issue.issues[0]?.message ?? issue.message;
  const position = source.positionOfKey(path.slice(0, -1), key);
  return { ...position, path, message: `${expected}, got "${key}"` };
}

/** A union fails as its last option does, if that one at least accepted the type. */
function describeUnion(
  schema: JsonSchema,
  issue: Extract<Issue, { code: 'invalid_union' }>,
  source: YamlSource,
): readonly DescribedIssue[] {
  const { path } = issue;
  const nearest = issue.errors.find((errors) => !errors.some(isTypeMismatchAtTop));
  if (nearest === undefined) {
    return [{ ...source.positionOf(path), path, message: expectationOf(issue, source) }];
  }
  return nearest.flatMap((inner) =>
    describeIssue(schema, { ...inner, path: [...path, ...inner.path] }, source),
  );
}

function isTypeMismatchAtTop(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function expectationOf(issue: Issue, source: YamlSource): string {
  const got = source.typedValueOf(issue.path);
  // The schema words its own expectations; only sections leave the wording to zod.
  const isSection = issue.code === 'invalid_type' && /^(object|record)$/.test(issue.expected);
  const isList = issue.code === 'invalid_type' && issue.expected === 'array';
  if (isSection) return `expected a mapping, got ${got}`;
  return `${isList ? 'expected a list' : issue.message}, got ${got}`;
}

/** The keys that the schema knows at a place. */
function knownKeysAt(schema: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  let places: readonly JsonSchema[] = [schema];
  const resolve = (place: JsonSchema): JsonSchema => referredTo(schema, place);
  for (const segment of path) {
    places = places.flatMap((place) => childSchemas(place, segment)).map(resolve);
  }
  return places.flatMap(withOptions).flatMap((place) => Object.keys(place.properties ?? {}));
}

function childSchemas(schema: JsonSchema, segment: PropertyKey): readonly JsonSchema[] {
  return withOptions(schema).flatMap((option) => {
    const { properties, additionalProperties, items } = option;
    const children = [properties?.[String(segment)], additionalProperties, items];
    return children.filter(isSchema);
  });
}

/** A part that has a name of its own, because it can stand within itself. */
function referredTo(whole: JsonSchema, place: JsonSchema): JsonSchema {
  const name = place.$ref?.replace('#/$defs/', '');
  const named = name === undefined ? undefined : whole.$defs?.[name];
  return isSchema(named) ? named : place;
}

function withOptions(schema: JsonSchema): readonly JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []).filter(isSchema)];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
