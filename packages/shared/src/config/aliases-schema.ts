/** The section `aliases` of the configuration, and dates as people write them. */
import { z } from 'zod';
import type { AliasVersion } from '../domain/model-catalog.ts';

const dateExpected =
  'expected a day such as 2026-08-15 (it begins in UTC), or a time with an offset';

/** A day or a time; gives milliseconds since 1970. */
export const date = z
  .union(
    [z.iso.date(dateExpected), z.iso.datetime({ offset: true, error: dateExpected })],
    dateExpected,
  )
  .transform((text) => Date.parse(text));

const targetExpected = 'expected the name of a model, a route or another alias';
const target = z.string(targetExpected).min(1, targetExpected);

const version = z
  .strictObject({
    model: target.describe('A model, a route or another alias.'),
    from: date.optional().describe('Since when. None: from the beginning; one has to.'),
  })
  .transform(({ model, from = 0 }): AliasVersion => ({ target: model, fromMs: from }));

const versionsMax = 100;

/** Versions in the order of their beginning. */
export const aliasSchema = z.strictObject({
  versions: z
    .array(version, 'expected a list of {model, from}')
    .min(1, 'expected at least one version')
    .max(versionsMax, `expected at most ${versionsMax} versions`)
    .refine(
      (versions) => new Set(versions.map(({ fromMs }) => fromMs)).size === versions.length,
      'expected each version to begin at another time',
    )
    .refine(
      (versions) => versions.some(({ fromMs }) => fromMs === 0),
      'expected one version without `from`, which holds from the beginning',
    )
    .transform((versions) => versions.toSorted((left, right) => left.fromMs - right.fromMs))
    .describe('What it stands for; of those that have begun the newest holds.'),
});
