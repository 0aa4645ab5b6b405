/** One text for one JSON value: keys sorted, no spaces, so that equal requests hash alike. */
import type { Json } from './json.ts';

/**
 * Prints a value canonically. Numbers print as JavaScript prints them (`1.0` and `1` are equal),
 * keys sort by UTF-16 code units, members that are `undefined` are left out.
 */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** `Array.isArray` does not narrow read-only lists. */
function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
