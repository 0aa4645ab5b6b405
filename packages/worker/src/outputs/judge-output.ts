/**
 * Holds an answer against what its request asked for. A refusal where an answer in a form was due,
 * or where the caller lets other models try, is filtered content; anything else that misses the
 * form is `malformed_output`. Both are complete answers: they are charged at their usage.
 */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JobSpec } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { JobKind } from '@forebay/shared/domain/model-catalog';
import {
  formatToCheck,
  type OutputFormat,
  readOutputFormat,
  readStrictTools,
  type StrictTool,
} from '@forebay/shared/outputs/output-format';
import { type Output, readOutputs } from './read-outputs.ts';
import type { SchemaChecker } from './schema-checker.ts';
import { notJson } from './schema-thread.ts';

export type OutputChecker = Pick<SchemaChecker, 'check'>;

/** For the job's tenant. */
type Check = (schema: JsonObject, text: string) => Promise<string | undefined>;

/** What a request demands of its answer; plain data, so that it can be kept beside the answer. */
export interface OutputForm {
  readonly kind: JobKind;
  readonly format: OutputFormat;
  readonly tools: readonly StrictTool[];
  /** Whether a refusal is no answer here. */
  readonly countsRefusals: boolean;
}

/** Why an answer is of no use. */
export interface OutputMiss {
  readonly errorClass: 'malformed_output' | 'content_filtered';
  readonly code: string | undefined;
  /** Shows nothing of the answer but keys that the schema itself names. */
  readonly message: string;
}

/** @returns `undefined` when whatever comes is an answer, as for most jobs. */
export function formOf(
  { kind, onMiss, fallbackOnFilter }: Pick<JobSpec, 'kind' | 'onMiss' | 'fallbackOnFilter'>,
  request: JsonObject,
): OutputForm | undefined {
  const format = formatToCheck(readOutputFormat(kind, request), onMiss);
  const tools = onMiss === 'accept' ? [] : readStrictTools(kind, request);
  const countsRefusals = fallbackOnFilter || format.kind !== 'text';
  if (!countsRefusals && tools.length === 0) return undefined;
  return { kind, format, tools, countsRefusals };
}

export interface AnswerInForm {
  readonly tenant: TenantId;
  readonly form: OutputForm;
  /** The answer, in the form of its kind. */
  readonly body: JsonObject;
}

/** @returns `undefined` when the answer is what was asked for. */
export async function judgeOutput(
  checker: OutputChecker,
  { tenant, form, body }: AnswerInForm,
): Promise<OutputMiss | undefined> {
  const outputs = readOutputs(form.kind, body);
  if (form.countsRefusals && outputs.some(({ isRefused }) => isRefused)) return refusal;
  const check: Check = (schema, text) => checker.check({ tenant, schema, text });
  for (const output of outputs) {
    const miss =
      (await findMiss(check, form.format, output)) ??
      (await findBadCall(check, form.tools, output));
    if (miss !== undefined) return missOf(miss);
  }
  return undefined;
}

/** @param message how it misses its form. */
export function missOf(message: string): OutputMiss {
  return { errorClass: 'malformed_output', code: undefined, message };
}

const refusal: OutputMiss = {
  errorClass: 'content_filtered',
  code: 'refusal',
  message: 'the model refused to answer',
};

async function findMiss(
  check: Check,
  format: OutputFormat,
  { text, calls, isCut }: Output,
): Promise<string | undefined> {
  // A call of tools comes before the answer, and the form holds for that alone.
  if (format.kind === 'text' || (calls.length > 0 && text === '')) return undefined;
  if (format.kind === 'schema') {
    const miss = await check(format.schema, text);
    return miss === notJson && isCut ? cutText : miss;
  }
  if (startsObject(text) && isJson(text)) return undefined;
  return isCut ? cutText : 'it is no JSON object';
}

/** A call of a strict tool whose arguments do not match what the tool takes. */
async function findBadCall(
  check: Check,
  tools: readonly StrictTool[],
  { calls }: Output,
): Promise<string | undefined> {
  for (const { name, argumentsText } of calls) {
    const tool = tools.find((each) => each.name === name);
    const miss = tool && (await check(tool.schema, argumentsText));
    if (miss !== undefined) return `the arguments for ${name}: ${miss}`;
  }
  return undefined;
}

const cutText = 'it ended at the output cap, before its JSON was complete';

function startsObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Whether it parses is the question.
    return false;
  }
}
