/**
 * Reads the native envelope of a job: strict, every problem at once, each with field,
 * expectation, remedy and JSON pointer. It knows nothing of the catalogue or the clock; the
 * `body` passes as it is (see `bound-request`), and times are resolved in `resolve-times`.
 */

import {
  defaultJobEvents,
  type JobEventType,
  jobEventTypes,
  type OnMiss,
} from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import { isJsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import { type JobKind, jobKinds } from '@forebay/shared/domain/model-catalog';
import type { NanoUsd } from '@forebay/shared/domain/money';
import type { RoutingWishes } from '@forebay/shared/domain/route-plan';
import { z } from 'zod';
import {
  ceiling,
  modelList,
  modelName,
  namesOneDeadline,
  objectError,
  oneDeadlineExpected,
  priority,
  time,
  timeoutSeconds,
  validation,
} from './request-fields-schema.ts';
import { throwRequestProblems } from './request-problems.ts';
import { routingField } from './routing-schema.ts';

/** A job as the caller asked for it, checked for form. */
export interface JobRequest {
  readonly kind: JobKind;
  /** A model, a route, or the list joined by commas. */
  readonly requested: string;
  /** The caller's list, in order; empty for a single model or a route. */
  readonly models: readonly string[];
  readonly body: JsonObject;
  /** What it asks of its routing; `undefined` leaves that to its route. */
  readonly routing: RoutingWishes | undefined;
  readonly priority: number | undefined;
  readonly ceiling: NanoUsd | undefined;
  readonly times: RequestedTimes;
  readonly webhook: { readonly url: string; readonly events: readonly JobEventType[] } | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly customId: string | undefined;
  /** `undefined` takes the configured default, like an absent ceiling or time. */
  readonly riskRetries: number | undefined;
  readonly fallbackOnFilter: boolean;
  /** `undefined` takes the configured default. */
  readonly acceptsLate: boolean | undefined;
  /** What follows an answer that misses the form that the body asks for. */
  readonly onMiss: OnMiss | undefined;
  /** Whether the output cap may be cut to what the ceiling has left. */
  readonly cutsOutput: boolean;
  /** Whether the answer's text is shown on the event stream while it is written. */
  readonly stream: boolean;
}

export interface RequestedTimes {
  readonly runAtMs: number | undefined;
  readonly deadlineAtMs: number | undefined;
  /** Counts from the start time of a scheduled job, else from now. */
  readonly timeoutMs: number | undefined;
}

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseJobRequest(envelope: unknown): JobRequest {
  const parsed = envelopeSchema.safeParse(envelope);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, envelopeFields);
  const given = parsed.data;
  return {
    kind: given.kind,
    requested: given.model ?? given.models?.join(',') ?? '',
    models: given.models ?? [],
    body: given.body,
    routing: given.routing,
    priority: given.priority,
    ceiling: given.max_cost_usd,
    times: {
      runAtMs: given.run_at,
      deadlineAtMs: given.deadline_at,
      timeoutMs: given.timeout_seconds === undefined ? undefined : given.timeout_seconds * 1000,
    },
    webhook: given.webhook && {
      url: given.webhook.url,
      events: given.webhook.events ?? defaultJobEvents,
    },
    metadata: given.metadata ?? {},
    user: given.user,
    customId: given.custom_id,
    riskRetries: given.risk_retries,
    fallbackOnFilter: given.fallback_on_filter ?? false,
    acceptsLate: given.accept_late,
    onMiss: given.validation?.on_miss,
    cutsOutput: given.cap_output ?? false,
    stream: given.stream ?? false,
  };
}

const urlCharactersMax = limits.webhookUrlCharactersMax;
const urlExpected = `expected an absolute URL of at most ${urlCharactersMax} characters`;
const eventsExpected = `expected a list of different events out of ${jobEventTypes.join(', ')}`;
const webhook = z.strictObject(
  {
    url: z
      .string(urlExpected)
      .max(urlCharactersMax, urlExpected)
      .refine((text) => URL.canParse(text), urlExpected),
    events: z
      .array(z.enum(jobEventTypes, eventsExpected), eventsExpected)
      .min(1, eventsExpected)
      .refine((names) => new Set(names).size === names.length, eventsExpected)
      .optional(),
  },
  objectError('expected an object with "url" and, if wanted, "events"'),
);

const metadataExpected =
  `expected an object of at most ${limits.metadataPairsMax} pairs of text, keys up to ` +
  `${limits.metadataKeyCharactersMax} characters, ` +
  `values up to ${limits.metadataValueCharactersMax}`;
const metadata = z
  .record(
    plainText(1, limits.metadataKeyCharactersMax, metadataExpected),
    plainText(0, limits.metadataValueCharactersMax, metadataExpected),
    metadataExpected,
  )
  .refine((pairs) => Object.keys(pairs).length <= limits.metadataPairsMax, metadataExpected);

const riskExpected =
  `expected a whole number from 0 to ${limits.riskRetriesMax}: how many attempts without a ` +
  'known end may be repeated';

const envelopeShape = {
  kind: z.enum(jobKinds, `expected one of ${jobKinds.join(', ')}`),
  model: modelName.optional(),
  models: modelList.optional(),
  body: z.custom<JsonObject>(isJsonObject, 'expected the OpenAI request as an object'),
  routing: routingField.optional(),
  priority: priority.optional(),
  max_cost_usd: ceiling.optional(),
  deadline_at: time.optional(),
  timeout_seconds: timeoutSeconds.optional(),
  run_at: time.optional(),
  webhook: webhook.optional(),
  metadata: metadata.optional(),
  user: shortText(limits.userCharactersMax).optional(),
  custom_id: shortText(limits.customIdCharactersMax).optional(),
  risk_retries: z
    .int(riskExpected)
    .min(0, riskExpected)
    .max(limits.riskRetriesMax, riskExpected)
    .optional(),
  fallback_on_filter: z.boolean('expected true or false').optional(),
  accept_late: z.boolean('expected true or false').optional(),
  validation: validation.optional(),
  cap_output: z.boolean('expected true or false').optional(),
  stream: z.boolean('expected true or false').optional(),
};

const envelopeFields = Object.keys(envelopeShape);

const envelopeSchema = z
  .strictObject(envelopeShape, objectError('expected a JSON object'))
  .refine((given) => (given.model === undefined) !== (given.models === undefined), {
    path: ['model'],
    error: 'expected exactly one of "model" and "models"',
  })
  .refine(namesOneDeadline, oneDeadlineExpected)
  .refine((given) => given.stream !== true || given.kind === 'chat.completions', {
    path: ['stream'],
    error: 'expected true only with the kind chat.completions: no other answer is streamed',
  })
  .refine((given) => agreesWithBody(given.body, given.model), {
    path: ['body', 'model'],
    error: 'expected no model here, or the same as "model": the envelope decides the model',
  });

/** The model in the body is replaced at each attempt; another name there would be a surprise. */
function agreesWithBody(body: JsonObject, model: string | undefined): boolean {
  const inner = body['model'];
  return inner === undefined || inner === model;
}

function shortText(charactersMax: number) {
  return plainText(1, charactersMax, `expected text of 1 to ${charactersMax} characters`);
}

/** Text that may reach headers, logs and keys: no NUL or other controls, no lone surrogates. */
function plainText(charactersMin: number, charactersMax: number, expected: string) {
  return z
    .string(expected)
    .min(charactersMin, expected)
    .max(charactersMax, expected)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, `${expected}, without control characters`);
}
