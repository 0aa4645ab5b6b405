/**
 * Fields that several requests about jobs share, each with the one text that says what is expected.
 */
import { onMissNames } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import { ceilingNanoUsdMax, parseUsd } from '@forebay/shared/domain/money';
import { priorityNames } from '@forebay/shared/domain/priority';
import { z } from 'zod';

const modelCharactersMax = 128;
const modelExpected = `expected a model or route name of 1 to ${modelCharactersMax} characters`;

/** A model or a route, as the configuration names it. */
export const modelName = z
  .string(modelExpected)
  .min(1, modelExpected)
  .max(modelCharactersMax, modelExpected)
  // A comma joins the names of a list in what is shown as the requested model.
  .regex(/^[^,\s\p{Cc}]+$/u, `${modelExpected} without commas or spaces`);

const modelsExpected = `expected a list of 1 to ${limits.modelsPerJobMax} different model names`;

/** Models in the order in which they are to be tried. */
export const modelList = z
  .array(modelName, modelsExpected)
  .min(1, modelsExpected)
  .max(limits.modelsPerJobMax, modelsExpected)
  .refine((names) => new Set(names).size === names.length, modelsExpected);

const priorityExpected =
  'expected a whole number from 0 (urgent) to 9 (bulk), ' +
  `or one of ${Object.keys(priorityNames).join(', ')}`;

/** 0 to 9, or the name of a class; gives the number. */
export const priority = z.union(
  [
    z.int(priorityExpected).min(0, priorityExpected).max(9, priorityExpected),
    z.enum(['urgent', 'high', 'normal', 'low', 'bulk']).transform((name) => priorityNames[name]),
  ],
  priorityExpected,
);

const ceilingExpected =
  'expected US dollars as a decimal such as "0.25", from 0 to 9000000 with at most nine decimals';

/** Decimal US dollars as text or number; gives nano-dollars. */
export const ceiling = z
  .union([z.string(), z.number()], ceilingExpected)
  .transform((given, context) => {
    const amount = parseUsd(typeof given === 'string' ? given : decimalText(given));
    if (amount !== undefined && amount <= ceilingNanoUsdMax) return amount;
    context.addIssue({ code: 'custom', message: ceilingExpected });
    return z.NEVER;
  });

const timeExpected = 'expected an RFC 3339 time with an offset, such as "2030-01-31T12:00:00Z"';

/** RFC 3339; gives milliseconds since 1970. */
export const time = z.iso
  .datetime({ offset: true, error: timeExpected })
  .transform((text) => Date.parse(text));

const timeoutSecondsMax = limits.deadlineMaxMs / 1000;
const timeoutExpected = `expected a number of seconds above 0 and at most ${timeoutSecondsMax}`;

/** Seconds from a job's start to its deadline. */
export const timeoutSeconds = z
  .number(timeoutExpected)
  .positive(timeoutExpected)
  .max(timeoutSecondsMax, timeoutExpected);

/** What follows an answer that misses the form asked for. */
export const validation = z.strictObject(
  { on_miss: z.enum(onMissNames, `expected one of ${onMissNames.join(', ')}`) },
  objectError('expected an object with "on_miss"'),
);

interface DeadlineFields {
  readonly deadline_at?: unknown;
  readonly timeout_seconds?: unknown;
}

export function namesOneDeadline(given: DeadlineFields): boolean {
  return given.deadline_at === undefined || given.timeout_seconds === undefined;
}

export const oneDeadlineExpected = {
  path: ['deadline_at'],
  error: 'expected at most one of "deadline_at" and "timeout_seconds"',
};

/** Exact text of a number; JavaScript's exponents are spelled out when nothing is lost. */
function decimalText(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const fixed = value.toFixed(9);
  return Number(fixed) === value ? fixed : text;
}

/** A message for a wrong type only: unknown members get their own text. */
export function objectError(expected: string) {
  return {
    error: (issue: { code?: string | undefined }): string | undefined =>
      issue.code === 'invalid_type' ? expected : undefined,
  };
}
