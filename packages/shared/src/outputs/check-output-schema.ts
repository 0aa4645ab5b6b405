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
  const walk: Walk = { root: schema, keys: 0, problems: [] };
  visit(walk, { value: schema, pointer: '', depth: 1 });
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
}

interface Place {
  readonly value: Json;
  readonly pointer: string;
  readonly depth: number;
}

/** Keywords whose values are data and no schemas. */
const dataKeywords: readonly string[] = ['const', 'enum', 'default', 'examples'];

function visit(walk: Walk, { value, pointer, depth }: Place): void {
  if (typeof value !== 'object' || value === null || walk.problems.length > 0) return;
  if (depth > limits.schemaDepthMax) {
    report(walk, pointer, `nest at most ${limits.schemaDepthMax} levels`);
    return;
  }
  if (isJsonObject(value)) checkKeywords(walk, value, pointer);
  for (const [key, child] of Object.entries<Json | undefined>(value)) {
    walk.keys += 1;
    if (walk.keys > limits.schemaKeysMax) {
      report(walk, '', `a schema may have at most ${limits.schemaKeysMax} keys`);
      return;
    }
    if (child === undefined || dataKeywords.includes(key)) continue;
    visit(walk, { value: child, pointer: `${pointer}/${escapeStep(key)}`, depth: depth + 1 });
  }
}

function checkKeywords(walk: Walk, schema: JsonObject, pointer: string): void {
  const { $ref, pattern, patternProperties } = schema;
  if (typeof $ref === 'string') checkReference(walk, $ref, pointer);
  if (typeof pattern === 'string' && !isPattern(pattern)) {
    report(walk, `${pointer}/pattern`, 'this is no regular expression');
  }
  if (!isJsonObject(patternProperties)) return;
  for (const name of Object.keys(patternProperties)) {
    if (isPattern(name)) continue;
    report(walk, `${pointer}/patternProperties`, 'a name here is no regular expression');
  }
}

function checkReference(walk: Walk, reference: string, pointer: string): void {
  if (!reference.startsWith('#')) {
    report(walk, `${pointer}/$ref`, 'a reference may only lead to a place in the same schema');
  } else if (reference === '#' || !reference.startsWith('#/')) {
    // The whole, or an anchor.
  } else if (!leadsSomewhere(walk.root, reference.slice(2))) {
    report(walk, `${pointer}/$ref`, 'this reference leads nowhere');
  }
}

function leadsSomewhere(root: JsonObject, path: string): boolean {
  let place: Json | undefined = root;
  for (const step of path.split('/')) {
    const key = unescapeStep(step);
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, key)) return false;
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
