/** Ids of tool calls that other services made, such as `functions.weather:0`. */
import { createHash } from 'node:crypto';
import type { Json } from '@forebay/shared/domain/json';

/** What the API takes for an id. */
const valid = /^[a-zA-Z0-9_-]+$/;

/** Enough that a person knows the id again. */
const cleanedCharactersMax = 40;
const hashCharacters = 12;

/** The id as it is, or one in its place: the same for the same id, and for no other. */
export function toolUseId(id: Json | undefined): Json | undefined {
  if (typeof id !== 'string' || valid.test(id)) return id;
  const cleaned = id.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, cleanedCharactersMax);
  const hash = createHash('sha256').update(id).digest('hex').slice(0, hashCharacters);
  return `${cleaned}_${hash}`;
}
