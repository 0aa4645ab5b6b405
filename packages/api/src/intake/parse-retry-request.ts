/** Reads what a retry is to do otherwise than the job that it tries again. */
import type { OnMiss } from '@forebay/shared/domain/job';
import type { Json } from '@forebay/shared/domain/json';
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

/** What is absent is taken from the job that is tried again. */
export interface RetryRequest {
  /** A model or route, or the list joined by commas. */
  readonly requested: string | undefined;
  /** The list, in order; empty for a single model or a route. */
  readonly models: readonly string[];
  readonly priority: number | undefined;
  readonly ceiling: NanoUsd | undefined;
  readonly deadlineAtMs: number | undefined;
  /** Counts from now. */
  readonly timeoutMs: number | undefined;
  /** In place of all that the first job asked; without wishes it leaves all to its route. */
  readonly routing: { readonly wishes: RoutingWishes | undefined } | undefined;
  readonly onMiss: OnMiss | undefined;
}

const retryShape = {
  model: modelName.optional(),
  models: modelList.optional(),
  priority: priority.optional(),
  max_cost_usd: ceiling.optional(),
  deadline_at: time.optional(),
  timeout_seconds: timeoutSeconds.optional(),
  routing: routingField.optional(),
  validation: validation.optional(),
};

const retryFields = Object.keys(retryShape);

const retrySchema = z
  .strictObject(retryShape, objectError('expected a JSON object, or no body'))
  .refine((given) => given.model === undefined || given.models === undefined, {
    path: ['model'],
    error: 'expected at most one of "model" and "models"',
  })
  .refine(namesOneDeadline, oneDeadlineExpected);

/**
 * @param body `null` for none: all is as it was.
 * @throws ForebayError `invalid_request` with every problem in `errors`.
 */
export function parseRetryRequest(body: Json): RetryRequest {
  const parsed = retrySchema.safeParse(body ?? {});
  if (!parsed.success) throwRequestProblems(parsed.error.issues, retryFields);
  const given = parsed.data;
  return {
    requested: given.model ?? given.models?.join(','),
    models: given.models ?? [],
    priority: given.priority,
    ceiling: given.max_cost_usd,
    deadlineAtMs: given.deadline_at,
    timeoutMs: given.timeout_seconds === undefined ? undefined : given.timeout_seconds * 1000,
    routing: 'routing' in given ? { wishes: given.routing } : undefined,
    onMiss: given.validation?.on_miss,
  };
}
