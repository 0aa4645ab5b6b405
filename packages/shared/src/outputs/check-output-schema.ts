/**
 * Checks a caller's JSON Schema when a job comes in, so that no answer is paid for that could
 * never be held against it. Nothing is compiled here: that takes milliseconds for each property,
 * and a worker does it in a thread of its own.
 *
 * Bounded in size and depth; references stay within the schema, so that nothing is ever fetched.
 */
import { createRequire } from 'node:module';
import type { Ajv } from 'ajv';
import type { ErrorDetail } from '../domain/forebay-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { limits } from '../domain/limits.ts';

/** @returns problems with pointers into the schema; none when it can be used. */
export function checkOutputSchema(schema: JsonObject): readonly ErrorDetail[] {
  const walk: Walk = { root: schema, keys: 0, problems: [], anchors: new Set(), references: [] };
  visit(walk, { value: schema, pointer: '', depth: 1, holds: 'schema', isFound: true });
  for (const reference of walk.references) checkReference(walk, reference);
  return walk.problems.length > 0 ? walk.problems.slice(0, 10) : checkAgainstDraft(schema);
}

/** Whether a schema follows draft 7; every other one is read as draft 2020-12. */
function isDraft07({ $schema }: JsonObject): boolean {
  return typeof $schema === 'string' && /json-schema\.org\/draft-07\//.test($schema);
}

type MetaValidator = Pick<Ajv, 'errors' | 'validateSchema'>;

interface MetaModule {
  readonly default: new (settings: typeof options) => MetaValidator;
}

const paths = { '07': 'ajv', '2020': 'ajv/dist/2020.js' } as const;

/** Loaded at the first schema: most processes never see one. */
const validators = new Map<string, MetaValidator>();

function validatorFor(draft: keyof typeof paths): MetaValidator {
  const known = validators.get(draft);
  if (known !== undefined) return known;
  const load = createRequire(import.meta.url);
  // What `require` gives has no type; both modules export a class of this kind by default.
  const { default: Validator } = load(paths[draft]) as MetaModule;
  const made = new Validator(options);
  validators.set(draft, made);
  return made;
}

const options = { strict: false, validateFormats: false, logger: false } as const;

function checkAgainstDraft(schema: JsonObject): readonly ErrorDetail[] {
  const validator = validatorFor(isDraft07(schema) ? '07' : '2020');
  // Other values of `$schema` would be looked for, and none is ever fetched.
  const { $schema: _, ...plain } = schema;
  if (validator.validateSchema(plain) === true) return [];
  const [first] = validator.errors ?? [];
  const detail = `this is no JSON Schema: ${first?.message ?? 'it is not valid'}`;
  return [{ pointer: first?.instancePath ?? '', code: 'invalid_schema', detail }];
}

interface Walk {
  readonly root: JsonObject;
  keys: number;
  readonly problems: ErrorDetail[];
  readonly anchors: Set<string>;
  /** Looked at last: an anchor may stand behind the references to it. */
  readonly references: Reference[];
}

interface Reference {
  readonly keyword: '$ref' | '$dynamicRef' | '$recursiveRef';
  readonly target: string;
  readonly pointer: string;
}

interface Place {
  readonly value: Json;
  readonly pointer: string;
  readonly depth: number;
  /** The keys of an object with schemas by name are the caller's words and no keywords. */
  readonly holds: 'schema' | 'names';
  /** Whether the validator looks for anchors here. */
  readonly isFound: boolean;
}

/** Keywords whose values are data and no schemas. */
const dataKeywords: readonly string[] = ['const', 'enum', 'default', 'examples'];

/** Keywords whose values are schemas by name. */
const nameKeywords: readonly string[] = [
  ...['properties', 'patternProperties', 'dependencies', 'dependentSchemas'],
  ...['$defs', 'definitions'],
];

/** The validator looks for anchors in these lists and in no others. */
const searchedLists: readonly string[] = ['items', 'allOf', 'anyOf', 'oneOf'];

function visit(walk: Walk, place: Place): void {
  const { value, pointer, depth, holds } = place;
  if (typeof value !== 'object' || value === null || walk.problems.length > 0) return;
  if (depth > limits.schemaDepthMax) {
    report(walk, pointer, `nest at most ${limits.schemaDepthMax} levels`);
    return;
  }
  const isSchema = isJsonObject(value) && holds === 'schema';
  if (isSchema) checkKeywords(walk, value, place);
  for (const [key, child] of Object.entries<Json | undefined>(value)) {
    walk.keys += 1;
    if (walk.keys > limits.schemaKeysMax) {
      report(walk, '', `a schema may have at most ${limits.schemaKeysMax} keys`);
      return;
    }
    if (child === undefined || (isSchema && dataKeywords.includes(key))) continue;
    visit(walk, {
      value: child,
      pointer: `${pointer}/${escapeStep(key)}`,
      depth: depth + 1,
      holds: isSchema && nameKeywords.includes(key) ? 'names' : 'schema',
      isFound: place.isFound && (!Array.isArray(child) || searchedLists.includes(key)),
    });
  }
}

function checkKeywords(walk: Walk, schema: JsonObject, { pointer, isFound }: Place): void {
  for (const keyword of ['$ref', '$dynamicRef', '$recursiveRef'] as const) {
    const target = schema[keyword];
    if (typeof target === 'string') walk.references.push({ keyword, target, pointer });
  }
  for (const keyword of ['$anchor', '$dynamicAnchor'] as const) {
    const anchor = schema[keyword];
    if (typeof anchor !== 'string') continue;
    if (walk.anchors.has(anchor)) report(walk, `${pointer}/${keyword}`, 'this anchor exists twice');
    if (isFound) walk.anchors.add(anchor);
  }
  if (Object.hasOwn(schema, '$async')) report(walk, `${pointer}/$async`, 'this is no keyword');
  if (pointer !== '' && typeof schema['$id'] === 'string') {
    report(walk, `${pointer}/$id`, 'only the whole schema may have an `$id`');
  }
  checkNullable(walk, schema, pointer);
  checkPatterns(walk, schema, pointer);
}

/** A keyword of OpenAPI, which the validator knows beside a `type` and nowhere else. */
function checkNullable(walk: Walk, { type, nullable }: JsonObject, pointer: string): void {
  if (nullable === undefined) return;
  const types = Array.isArray(type) ? type : [type];
  const isClear = nullable === true || !types.includes('null');
  if (type !== undefined && isClear) return;
  report(walk, `${pointer}/nullable`, 'use `"type": [..., "null"]` instead');
}

function checkPatterns(walk: Walk, schema: JsonObject, pointer: string): void {
  const { pattern, patternProperties } = schema;
  if (typeof pattern === 'string' && !isPattern(pattern)) {
    report(walk, `${pointer}/pattern`, 'this is no regular expression');
  }
  if (!isJsonObject(patternProperties)) return;
  for (const name of Object.keys(patternProperties)) {
    if (isPattern(name)) continue;
    report(walk, `${pointer}/patternProperties`, 'a name here is no regular expression');
  }
}

function checkReference(walk: Walk, { keyword, target, pointer }: Reference): void {
  if (!target.startsWith('#')) {
    const detail = 'a reference may only lead to a place in the same schema';
    report(walk, `${pointer}/${keyword}`, detail);
  } else if (!isReached(walk, keyword, target.slice(1))) {
    report(walk, `${pointer}/${keyword}`, 'this reference leads nowhere');
  }
}

function isReached(walk: Walk, keyword: Reference['keyword'], fragment: string): boolean {
  if (fragment === '') return true;
  if (keyword === '$recursiveRef') return false;
  if (!fragment.startsWith('/')) return walk.anchors.has(fragment);
  return keyword === '$ref' && leadsSomewhere(walk.root, fragment.slice(1));
}

function leadsSomewhere(root: JsonObject, path: string): boolean {
  let place: Json | undefined = root;
  let isSchema = true;
  for (const step of path.split('/')) {
    const key = unescapeStep(step);
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return false;
    // What stands in data was never looked at.
    if (isSchema && dataKeywords.includes(key)) return false;
    isSchema = !(isSchema && nameKeywords.includes(key));
    // An own member, whether of an object or of a list.
    place = (place as JsonObject)[key];
  }
  return typeof place === 'object' ? place !== null : typeof place === 'boolean';
}

function unescapeStep(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    // A broken escape is no escape: then such a key must be there literally.
    return step;
  }
}

function escapeStep(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** With or without the `u` flag: many patterns are written for engines that know no such flag. */
function isPattern(text: string): boolean {
  return ['u', ''].some((flags) => {
    try {
      return new RegExp(text, flags) instanceof RegExp;
    } catch {
      // What does not compile is no pattern; that is the question here.
      return false;
    }
  });
}

function report(walk: Walk, pointer: string, detail: string): void {
  walk.problems.push({ pointer, code: 'invalid_schema', detail });
}
