/** Reads what an operator says about a budget: strict, every problem at once. */
import { budgetPolicies } from '@forebay/shared/domain/budget';
import type { BudgetChange, BudgetSettings } from '@forebay/shared/tenants/manage-budgets';
import type { GlobalBudgetSettings } from '@forebay/shared/tenants/manage-global-budgets';
import { readWindow, windowPeriods } from '@forebay/shared/tenants/read-window';
import { z } from 'zod';
import { objectError } from '../../intake/request-fields-schema.ts';
import { requestProblem, throwRequestProblems } from '../../intake/request-problems.ts';
import { text, usd } from './admin-fields-schema.ts';

const policyExpected = `expected one of ${budgetPolicies.join(', ')}`;
const changeShape = {
  limit_usd: usd.optional(),
  when_short: z.enum(budgetPolicies, policyExpected).optional(),
};

const newShape = {
  ...changeShape,
  limit_usd: usd,
  period: z.enum(windowPeriods, `expected one of ${windowPeriods.join(', ')}`),
  rolling: z.boolean('expected true or false').optional(),
  time_zone: text.optional(),
  key_id: text.optional(),
};

const newExpected = 'expected an object with "limit_usd" and "period"';
const newSchema = z.strictObject(newShape, objectError(newExpected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseNewBudget(body: unknown): BudgetSettings {
  const parsed = newSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(newShape));
  const { limit_usd: limitNanoUsd, when_short: whenShort = 'reject', key_id: keyId } = parsed.data;
  const { period, rolling = false, time_zone: timeZone } = parsed.data;
  const window = readWindow({ period, rolling, timeZone });
  if (window === 'rolling') {
    throw requestProblem(['rolling'], 'expected nothing, because a total never begins anew');
  }
  if (window === 'time_zone') {
    throw requestProblem(
      ['time_zone'],
      'expected nothing: only days and months of a calendar have one',
    );
  }
  const subject =
    keyId === undefined ? { kind: 'tenant' as const } : { kind: 'key' as const, keyId };
  return { subject, window, limitNanoUsd, whenShort };
}

const globalShape = {
  ...changeShape,
  limit_usd: usd,
  period: newShape.period,
  time_zone: text.optional(),
  // Named, so that whoever asks for one hears why there is none.
  rolling: z
    .literal(false, 'expected false: money is lent to shards for days and months of a calendar')
    .optional(),
};

const globalSchema = z.strictObject(globalShape, objectError(newExpected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseGlobalBudget(body: unknown): GlobalBudgetSettings {
  const parsed = globalSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, Object.keys(globalShape));
  const { limit_usd: limitNanoUsd, when_short: whenShort = 'reject' } = parsed.data;
  const { period, time_zone: timeZone } = parsed.data;
  const window = readWindow({ period, rolling: false, timeZone });
  if (typeof window === 'string' || window.kind === 'rolling') {
    throw requestProblem(['time_zone'], 'expected nothing, because a total never begins anew');
  }
  return { window, limitNanoUsd, whenShort };
}

const changeFields = Object.keys(changeShape);
const changeExpected = `expected an object with at least one of ${changeFields.join(', ')}`;
const changeSchema = z.strictObject(changeShape, objectError(changeExpected));

/** @throws ForebayError `invalid_request` with every problem in `errors`. */
export function parseBudgetChange(body: unknown): BudgetChange {
  const parsed = changeSchema.safeParse(body);
  if (!parsed.success) throwRequestProblems(parsed.error.issues, changeFields);
  const { limit_usd: limitNanoUsd, when_short: whenShort } = parsed.data;
  if (limitNanoUsd === undefined && whenShort === undefined) {
    throw requestProblem([], changeExpected);
  }
  return {
    ...(limitNanoUsd === undefined ? {} : { limitNanoUsd }),
    ...(whenShort === undefined ? {} : { whenShort }),
  };
}
