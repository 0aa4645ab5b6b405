/** Reads what a caller says about a webhook endpoint: strict, every problem at once. */

import { limits } from '@forebay/shared/domain/limits';
import type { WebhookFilter } from '@forebay/shared/domain/webhook-endpoint';
import { webhookFilters } from '@forebay/shared/domain/webhook-endpoint';
import type { ReplayWindow } from '@forebay/shared/ports/webhook-endpoint-store';
import { z } from 'zod';
import { objectError } from '../request-fields-schema.ts';
import { requestProblem, throwRequestProblems } from '../request-problems.ts';

/** What is absent stays as it is, or gets its default. */
export interface EndpointRequest {
  readonly url: string | undefined;
  readonly description: string | undefined;
  readonly filters: readonly WebhookFilter[] | undefined;
  readonly enabled: boolean | undefined;
}

const urlCharactersMax = limits.webhookUrlCharactersMax;
const urlExpected = `expected an absolute URL of at most ${urlCharactersMax} characters`;
const url = z
  .string(urlExpected)
  .max(urlCharactersMax, urlExpected)
  .refine((text) => URL.canParse(text), urlExpected);

const descriptionCharactersMax = limits.webhookDescriptionCharactersMax;
const descriptionExpected =
  `expected text of at most ${descriptionCharactersMax} characters, ` +
  'without control characters';
const description = z
  .string(descriptionExpected)
  .max(descriptionCharactersMax, descriptionExpected)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, descriptionExpected);

const eventsExpected = `expected a list of different events out of ${webhookFilters.join(', ')}`;
const events = z
  .array(z.enum(webhookFilters, eventsExpected), eventsExpected)
  .min(1, eventsExpected)
  .refine((names) => new Set(names).size === names.length, eventsExpected);

const shape = {
  url: url.optional(),
  description: description.optional(),
  events: events.optional(),
  enabled: z.boolean('expected true or false').optional(),
};

const fields = Object.keys(shape);
const expected = `expected an object with at least one of ${fields.join(', ')}`;
const schema = z.strictObject(shape, objectError(expected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseEndpointRequest(body: unknown): EndpointRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, fields);
  const given = parsed.data;
  if (Object.keys(given).length === 0) throw requestProblem([], expected);
  return {
    url: given.url,
    description: given.description,
    filters: given.events,
    enabled: given.enabled,
  };
}

const overlapSecondsMax = limits.webhookOverlapMsMax / 1_000;
const overlapExpected = `expected a whole number of seconds from 0 to ${overlapSecondsMax}`;
const rotationShape = {
  overlap_seconds: z
    .int(overlapExpected)
    .min(0, overlapExpected)
    .max(overlapSecondsMax, overlapExpected)
    .optional(),
};
const rotationSchema = z.strictObject(
  rotationShape,
  objectError('expected an object, with "overlap_seconds" if wanted'),
);

/**
 * How long the secret of before goes on signing, in milliseconds.
 *
 * @throws ForebayError `invalid_request` with every problem in `errors`.
 */
export function parseRotation(body: unknown): number {
  const parsed = rotationSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(rotationShape));
  const seconds = parsed.data.overlap_seconds;
  return seconds === undefined ? limits.webhookOverlapDefaultMs : seconds * 1_000;
}

const sequenceExpected = 'expected a whole number from 1: the sequence of an event';
const sequence = z.int(sequenceExpected).min(1, sequenceExpected);
const windowShape = { since_sequence: sequence, until_sequence: sequence.optional() };
const windowSchema = z
  .strictObject(
    windowShape,
    objectError('expected an object with "since_sequence" and, if wanted, "until_sequence"'),
  )
  .refine(({ since_sequence: since, until_sequence: until = since }) => since <= until, {
    path: ['until_sequence'],
    error: 'expected no less than "since_sequence"',
  });

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseReplayWindow(body: unknown): Pick<ReplayWindow, 'first' | 'last'> {
  const parsed = windowSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(windowShape));
  return { first: parsed.data.since_sequence, last: parsed.data.until_sequence };
}
