/** Reads what a user of a tenant prefers: strict, every problem at once. */
import { limits } from '@forebay/shared/domain/limits';
import type { Preferences } from '@forebay/shared/domain/preferences';
import { z } from 'zod';
import { modelName, objectError } from '../request-fields-schema.ts';
import { requestProblem, throwRequestProblems } from '../request-problems.ts';

const namesMax = limits.preferredModelsMax;
const namesExpected = `expected a list of at most ${namesMax} different models or aliases`;
const names = z
  .array(modelName, namesExpected)
  .max(namesMax, namesExpected)
  .refine((all) => new Set(all).size === all.length, namesExpected);

const shape = { preferred_models: names.default([]), avoided_models: names.default([]) };
const expected = 'expected an object with "preferred_models", "avoided_models" or both';
const schema = z.strictObject(shape, objectError(expected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parsePreferencesRequest(body: unknown): Preferences {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(shape));
  const { preferred_models: prefer, avoided_models: avoid } = parsed.data;
  const twice = avoid.find((name) => prefer.includes(name));
  if (twice === undefined) return { prefer, avoid };
  throw requestProblem(['avoided_models'], `expected none of preferred_models, got "${twice}"`);
}
