/**
 * A JSON Schema as the Messages API takes it for an answer: every object closed, and only the
 * keywords that its grammar knows. What it cannot enforce is told to the model in words.
 *
 * Objects are only ever closed further, so an answer that fits the narrowed schema breaks no rule
 * of the given one about their members. The rules that became words are for whoever checks the
 * answer.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

type Narrowing = (value: Json) => Json | undefined;

const asIs: Narrowing = (value) => value;

const formats: ReadonlySet<Json> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);

/** What becomes of each keyword that the grammar knows; `undefined` puts it into words. */
const keywords: ReadonlyMap<string, Narrowing> = new Map<string, Narrowing>([
  ...['type', 'enum', 'const', '$ref', 'title', 'required', 'default'].map(
    (name): [string, Narrowing] => [name, asIs],
  ),
  ['properties', eachMember],
  ['$defs', eachMember],
  ['definitions', eachMember],
  ['items', narrowed],
  ['anyOf', eachItem],
  ['allOf', eachItem],
  ['format', (value) => (formats.has(value) ? value : undefined)],
  ['minItems', (value) => (value === 0 || value === 1 ? value : undefined)],
]);

/** Narrows a schema; the given one stays as it is. */
export function narrowSchema(schema: JsonObject): JsonObject {
  const kept: Record<string, Json | undefined> = {};
  const words: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || name === 'description' || name === 'additionalProperties') continue;
    // The grammar knows no "exactly one": any of them, and the check finds the rest.
    const known = name === 'oneOf' ? 'anyOf' : name;
    const result = keywords.get(known)?.(value);
    if (result === undefined) words.push(`${name}: ${JSON.stringify(value)}`);
    else kept[known] = result;
  }
  if (isOfObjects(schema)) kept['additionalProperties'] = false;
  const description = describe(schema['description'], words);
  return description === undefined ? kept : { ...kept, description };
}

function describe(given: Json | undefined, words: readonly string[]): Json | undefined {
  if (words.length === 0) return given;
  const told = `{${words.join(', ')}}`;
  return typeof given === 'string' && given !== '' ? `${given}\n\n${told}` : told;
}

function isOfObjects({ type, properties }: JsonObject): boolean {
  return properties !== undefined || (Array.isArray(type) ? type : [type]).includes('object');
}

function narrowed(value: Json): Json {
  return isJsonObject(value) ? narrowSchema(value) : value;
}

function eachItem(value: Json): Json {
  return Array.isArray(value) ? value.map(narrowed) : value;
}

function eachMember(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [
    name,
    member === undefined ? member : narrowed(member),
  ]);
  return Object.fromEntries(members);
}
