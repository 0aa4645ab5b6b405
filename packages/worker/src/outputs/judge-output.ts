/**
 * Holds an answer against what its request asked for. A refusal where an answer in a form was due,
 * or where the caller lets other models try, is filtered content; anything else that misses the
 * form is `malformed_output`. Both are complete answers: they are charged at their usage.
 */
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JobSpec } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import {
  formatToCheck,
  type OutputFormat,
  readOutputFormat,
  readStrictTools,
  type StrictTool,
} from '@forebay/shared/outputs/output-format';
import type { AnsweredCall, CallOutcome, FailedCall } from '@forebay/shared/ports/provider-client';
import { type Output, readOutputs } from './read-outputs.ts';
import type { SchemaChecker } from './schema-checker.ts';
import { notJson } from './schema-thread.ts';

export type OutputChecker = Pick<SchemaChecker, 'check'>;

/** For the job's tenant. */
type Check = (schema: JsonObject, text: string) => Promise<string | undefined>;

export interface JudgedCall {
  readonly tenant: TenantId;
  readonly spec: Pick<JobSpec, 'kind' | 'onMiss' | 'fallbackOnFilter'>;
  /** The caller's request. */
  readonly request: JsonObject;
  readonly outcome: CallOutcome;
}

/** @returns the outcome as it was, unless its answer misses what was asked for. */
export async function judgeOutput(
  checker: OutputChecker,
  { tenant, spec, request, outcome }: JudgedCall,
): Promise<CallOutcome> {
  if (outcome.kind !== 'answered') return outcome;
  const format = formatToCheck(readOutputFormat(spec.kind, request), spec.onMiss);
  const tools = spec.onMiss === 'accept' ? [] : readStrictTools(spec.kind, request);
  const countsRefusals = spec.fallbackOnFilter || format.kind !== 'text';
  if (!countsRefusals && tools.length === 0) return outcome;
  const outputs = readOutputs(spec.kind, outcome.body);
  if (countsRefusals && outputs.some(({ isRefused }) => isRefused)) return refused(outcome);
  const check: Check = (schema, text) => checker.check({ tenant, schema, text });
  for (const output of outputs) {
    const miss =
      (await findMiss(check, format, output)) ?? (await findBadCall(check, tools, output));
    if (miss !== undefined) return missed(outcome, miss);
  }
  return outcome;
}

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

function refused(answer: AnsweredCall): FailedCall {
  const message = 'the model refused to answer';
  return { ...failure(answer), errorClass: 'content_filtered', code: 'refusal', message };
}

function missed(answer: AnsweredCall, message: string): FailedCall {
  return { ...failure(answer), errorClass: 'malformed_output', code: undefined, message };
}

function failure({ usage, requestId, rateLimits, timings }: AnsweredCall) {
  return {
    kind: 'failed',
    ambiguity: 'answered',
    status: undefined,
    retryAfterMs: undefined,
    ...{ usage, requestId, rateLimits, timings },
  } as const;
}
