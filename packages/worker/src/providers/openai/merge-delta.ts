/**
 * Joins the deltas of a streamed chat message, also in fields that nobody told us about.
 *
 * Text grows by appending, lists by appending or by the `index` of their elements, objects field
 * by field; numbers and truth values are replaced. A `null` only shows that a field exists.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/** JSON that is still being put together. */
export interface Growing {
  [key: string]: Json | undefined;
}

/** Text fields that name something: sent whole, and by some servers again in every chunk. */
const wholeTextFields = new Set(['role', 'id', 'type', 'name', 'format', 'signature']);

/** Deltas deeper than this are taken as they are. */
const depthMax = 16;

/** Merges `delta` into `target`. Both are changed: neither may be used elsewhere. */
export function mergeDelta(target: Growing, delta: JsonObject, depth = 0): void {
  for (const [key, value] of Object.entries(delta)) {
    // As a key of a plain object this one would set the prototype instead of a field.
    if (value === undefined || key === '__proto__') continue;
    target[key] = merged({ key, held: target[key], value, depth });
  }
}

interface MergeStep {
  readonly key: string;
  readonly held: Json | undefined;
  readonly value: Json;
  readonly depth: number;
}

function merged({ key, held, value, depth }: MergeStep): Json {
  if (value === null) return held ?? null;
  if (typeof value === 'string' && typeof held === 'string') {
    if (!wholeTextFields.has(key)) return held + value;
    return value === '' ? held : value;
  }
  if (depth >= depthMax) return value;
  if (Array.isArray(value)) return mergedList(Array.isArray(held) ? held : [], value, depth);
  if (isJsonObject(value) && isJsonObject(held)) {
    const target: Growing = { ...held };
    mergeDelta(target, value, depth + 1);
    return target;
  }
  return value;
}

/** Appends in place: a copy per chunk would make long answers with logprobs quadratic. */
function mergedList(list: Json[], added: readonly Json[], depth: number): Json[] {
  for (const element of added) {
    const index = indexOf(element);
    const at = index === undefined ? -1 : list.findLastIndex((old) => indexOf(old) === index);
    const old = list[at];
    if (!isJsonObject(element) || !isJsonObject(old)) {
      list.push(element);
      continue;
    }
    const target: Growing = { ...old };
    mergeDelta(target, element, depth + 1);
    list[at] = target;
  }
  return list;
}

function indexOf(element: Json | undefined): number | undefined {
  const index = isJsonObject(element) ? element['index'] : undefined;
  return typeof index === 'number' ? index : undefined;
}
