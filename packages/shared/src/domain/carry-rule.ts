/**
 * Rules by which a dialect says what of an OpenAI request it has a form for. A table of them names
 * the top-level fields; a field that is in no table cannot be carried.
 */
import type { Json, JsonObject } from './json.ts';

export interface CarryPlace {
  /** The field as the caller wrote it. */
  readonly field: string;
  readonly body: JsonObject;
}

/** The paths below the field, or the field itself, that cannot be carried; empty when all can. */
export type CarryRule = (value: Json, place: CarryPlace) => readonly string[];

export type CarryTable = Readonly<Record<string, CarryRule>>;

/** Shared: nearly every rule finds nothing. */
const none: readonly string[] = [];

/** Carried, or of no effect on the answer, whatever the value. */
export const always: CarryRule = () => none;

/** Carried when the value is one for which the predicate holds. */
export function only(holds: (value: Json, body: JsonObject) => boolean): CarryRule {
  return (value, { field, body }) => (holds(value, body) ? none : [field]);
}

/** Carried when it is one of these values, such as those that say the same as leaving it out. */
export function oneOf(...values: readonly Json[]): CarryRule {
  return only((value) => values.includes(value));
}

/** SDKs send `null` and empty lists for fields that nobody set. */
export function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  if (value === undefined || value === null) return false;
  return !(Array.isArray(value) && value.length === 0);
}

/** Paths of the members of an object that are given and not among these names. */
export function othersThan(
  names: ReadonlySet<string>,
  object: JsonObject,
  path: string,
): readonly string[] {
  return Object.keys(object)
    .filter((name) => !names.has(name) && isGiven(object[name]))
    .map((name) => `${path}.${name}`);
}

/**
 * What is found in the elements of a list, such as the messages of a conversation. Hardly any
 * element has something, so paths are written only then.
 *
 * @param find paths below an element; the element itself is the empty path.
 */
export function inEach(
  list: Json | undefined,
  name: string,
  find: (element: Json) => readonly string[],
): readonly string[] {
  if (!Array.isArray(list)) return none;
  return list.flatMap((element: Json, index) => {
    const found = find(element);
    return found.length === 0 ? none : found.map((path) => `${name}[${index}]${path}`);
  });
}
