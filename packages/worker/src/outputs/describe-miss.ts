/**
 * Where an answer misses its schema and what was expected there, in words that show nothing of the
 * answer: of its keys only those that the schema itself names.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';

/** A finding of the validator. */
export interface Finding {
  /** JSON pointer into the answer. */
  readonly instancePath: string;
  /** The steps of it, from 0, that are places in a list of the answer. */
  readonly indexSteps: readonly number[];
  /** Made of the schema alone, such as `must be number`. */
  readonly message: string;
}

const expectationCharactersMax = 200;

/** Such as `$.items.0.price must be number`. */
export function describeMiss(schema: JsonObject, finding: Finding): string {
  const { instancePath, indexSteps, message } = finding;
  const known = new Set<string>();
  collectNames(schema, known);
  const steps = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step, index) => (known.has(step) || indexSteps.includes(index) ? step : '*'));
  return `${['$', ...steps].join('.')} ${message.slice(0, expectationCharactersMax)}`;
}

function collectNames(value: Json | undefined, known: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const properties = isJsonObject(value) ? value['properties'] : undefined;
  if (isJsonObject(properties)) for (const name of Object.keys(properties)) known.add(name);
  for (const child of Object.values<Json | undefined>(value)) collectNames(child, known);
}
