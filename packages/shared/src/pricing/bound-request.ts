/**
 * Reads a request body once, at intake: what routing needs to know about it, or why it cannot be
 * taken. After this nobody reads the body again until a provider adapter sends it.
 *
 * The body passes through unchanged. This only looks for what bears money, size or credentials.
 */
import { uncarriedFields } from '../domain/find-uncarried.ts';
import type { ErrorDetail } from '../domain/forebay-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Capability, JobKind } from '../domain/model-catalog.ts';
import type { RequestFeatures } from '../domain/route-plan.ts';
import { checkRequestShape, outputCapFields } from './check-request-shape.ts';
import { findForbiddenFields } from './find-forbidden-fields.ts';
import { forbiddenField, unboundedField } from './find-problems.ts';
import { findUnboundedFields } from './find-unbounded-fields.ts';
import { measurePrompt } from './measure-prompt.ts';
import type { PromptTally } from './prompt-tally.ts';

/** All problems of the first kind that there is; their pointers are relative to the body. */
export type BoundResult =
  | { readonly kind: 'bounded'; readonly features: RequestFeatures }
  /** Costs that cannot be bounded; `param` is the path of the first, `detail` its remedy. */
  | ({ readonly kind: 'unbounded'; readonly param: string; readonly detail: string } & Problems)
  | ({ readonly kind: 'invalid' } & Problems)
  /** Fields of the deny list, at any depth; `param` is the path of the first. */
  | ({ readonly kind: 'forbidden'; readonly param: string } & Problems);

interface Problems {
  readonly errors: readonly ErrorDetail[];
}

/**
 * Bounds a request: forbidden fields first, then shape, then fields of open cost, then size.
 *
 * @param body the OpenAI request of the given kind; its `model` is not read.
 */
export function boundRequest(kind: JobKind, body: JsonObject): BoundResult {
  const forbidden = findForbiddenFields(body);
  const [param] = forbidden;
  if (param !== undefined) {
    return { kind: 'forbidden', param, errors: forbidden.map(forbiddenField) };
  }
  const errors = checkRequestShape(kind, body);
  if (errors.length > 0) return { kind: 'invalid', errors };
  const prompt = measurePrompt(kind, body);
  const unbounded = [...findUnboundedFields(body), ...prompt.unbounded];
  const [field] = unbounded;
  if (field !== undefined) {
    return { kind: 'unbounded', ...field, errors: unbounded.map(unboundedField) };
  }
  return { kind: 'bounded', features: featuresOf(kind, body, prompt) };
}

function featuresOf(kind: JobKind, body: JsonObject, prompt: PromptTally): RequestFeatures {
  const uncarried = uncarriedFields(kind, body);
  return {
    kind,
    inputTokensBound: prompt.bound,
    inputTokensEstimate: Math.min(prompt.estimate, prompt.bound),
    imageCount: prompt.imageCount,
    outputTokensRequested: requestedOutputTokens(kind, body),
    choices: kind === 'embeddings' ? 1 : (wholeNumber(body['n']) ?? 1),
    needs: capabilitiesOf(body, prompt),
    content: prompt.content.class,
    ...(uncarried === undefined ? {} : { uncarried }),
  };
}

function requestedOutputTokens(kind: JobKind, body: JsonObject): number | undefined {
  const fields: readonly string[] = outputCapFields[kind];
  return fields.map((name) => wholeNumber(body[name])).find((value) => value !== undefined);
}

function capabilitiesOf(body: JsonObject, prompt: PromptTally): readonly Capability[] {
  const needs: Capability[] = [];
  if (prompt.usesTools) needs.push('tools');
  if (asksForSchema(body)) needs.push('json_schema');
  if (prompt.imageCount > 0) needs.push('vision');
  return needs;
}

/** Chat says it in `response_format`, Responses in `text.format`. */
export function asksForSchema(body: JsonObject): boolean {
  const text = body['text'];
  const formats = [body['response_format'], isJsonObject(text) ? text['format'] : undefined];
  return formats.some((format) => isJsonObject(format) && format['type'] === 'json_schema');
}

function wholeNumber(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
