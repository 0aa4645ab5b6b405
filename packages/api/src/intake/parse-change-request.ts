/** Reads what a caller wants to change about a job: strict, every problem at once. */
import type { NanoUsd } from '@forebay/shared/domain/money';
import { z } from 'zod';
import {
  ceiling,
  namesOneDeadline,
  objectError,
  oneDeadlineExpected,
  priority,
  time,
  timeoutSeconds,
} from './request-fields-schema.ts';
import { requestProblem, throwRequestProblems } from './request-problems.ts';

/** What is absent stays as it is. */
export interface JobChange {
  readonly priority: number | undefined;
  readonly ceiling: NanoUsd | undefined;
  readonly deadlineAtMs: number | undefined;
  /** Counts from the start time of a scheduled job, else from now. */
  readonly timeoutMs: number | undefined;
}

const changeShape = {
  priority: priority.optional(),
  max_cost_usd: ceiling.optional(),
  deadline_at: time.optional(),
  timeout_seconds: timeoutSeconds.optional(),
};

const changeFields = Object.keys(changeShape);
const changeExpected = `expected an object with at least one of ${changeFields.join(', ')}`;

const changeSchema = z
  .strictObject(changeShape, objectError(changeExpected))
  .refine(namesOneDeadline, oneDeadlineExpected);

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseChangeRequest(body: unknown): JobChange {
  const parsed = changeSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, changeFields);
  const given = parsed.data;
  if (Object.keys(given).length === 0) throw requestProblem([], changeExpected);
  return {
    priority: given.priority,
    ceiling: given.max_cost_usd,
    deadlineAtMs: given.deadline_at,
    timeoutMs: given.timeout_seconds === undefined ? undefined : given.timeout_seconds * 1000,
  };
}
