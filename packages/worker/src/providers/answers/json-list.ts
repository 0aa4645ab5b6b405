/** Lists in bodies of providers, which may be something else, or hold anything. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/** The elements of a list; none of anything else. */
export function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The objects among the elements of a list. */
export function asObjects(value: Json | undefined): readonly JsonObject[] {
  return asList(value).filter(isJsonObject);
}
