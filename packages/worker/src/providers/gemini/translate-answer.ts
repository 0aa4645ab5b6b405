/**
 * An answer of `generateContent` as a chat completion. A stream is put together in the form of
 * Gemini first (`merge-chunks.ts`) and comes here whole, so that both ways end in the same answer.
 *
 * What the OpenAI form has no place for stays under `extra_content.google`, and the reason of the
 * end as Gemini told it under `native_finish_reason`.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asObjects } from '../answers/json-list.ts';
import { chatFinishReason } from './finish-reason.ts';
import { translateLogprobs } from './translate-logprobs.ts';
import { translateUsage } from './translate-usage.ts';

/** What of an answer is not in it. */
export interface AnswerOrigin {
  readonly attemptId: string;
  readonly upstreamModel: string;
}

/** The answer in the OpenAI form; a body that is none comes back as it is. */
export function translateAnswer(body: JsonObject, origin: AnswerOrigin): JsonObject {
  const { candidates, promptFeedback, usageMetadata, responseId, modelVersion } = body;
  const listed = asObjects(candidates);
  const choices = listed.map((candidate, index) => choiceOf(candidate, index, origin));
  const blocked = isJsonObject(promptFeedback) ? promptFeedback['blockReason'] : undefined;
  if (choices.length === 0 && typeof blocked !== 'string') return body;
  const usage = translateUsage(usageMetadata);
  return {
    id: typeof responseId === 'string' ? responseId : `gen-${origin.attemptId}`,
    object: 'chat.completion',
    model: typeof modelVersion === 'string' ? modelVersion : origin.upstreamModel,
    choices: choices.length > 0 ? choices : [blockedChoice(blocked)],
    ...(usage === undefined ? {} : { usage }),
    ...extraContent(isJsonObject(promptFeedback) ? { promptFeedback } : {}),
  };
}

/** The prompt was refused: there is no candidate, and no word of an answer. */
function blockedChoice(blockReason: Json | undefined): JsonObject {
  return {
    index: 0,
    message: { ...emptyMessage },
    logprobs: null,
    finish_reason: 'content_filter',
    native_finish_reason: blockReason,
  };
}

const emptyMessage = { role: 'assistant', content: null, refusal: null, annotations: [] } as const;

function choiceOf(candidate: JsonObject, place: number, origin: AnswerOrigin): JsonObject {
  const {
    content,
    finishReason,
    index,
    logprobsResult,
    avgLogprobs: _average,
    ...rest
  } = candidate;
  const choice = typeof index === 'number' ? index : place;
  const parts = isJsonObject(content) ? asObjects(content['parts']) : [];
  const message = messageOf(parts, callIdPrefix(origin, choice));
  return {
    index: choice,
    message,
    logprobs: translateLogprobs(logprobsResult),
    finish_reason: chatFinishReason(finishReason, message['tool_calls'] !== undefined),
    ...(typeof finishReason === 'string' ? { native_finish_reason: finishReason } : {}),
    ...extraContent(rest),
  };
}

function messageOf(parts: readonly JsonObject[], idPrefix: string): JsonObject {
  const calls = parts.filter((part) => isJsonObject(part['functionCall']));
  const texts = parts.filter((part) => typeof part['text'] === 'string');
  const others = parts.filter((part) => !calls.includes(part) && !texts.includes(part));
  const answer = texts.filter((part) => part['thought'] !== true);
  const thoughts = joined(texts.filter((part) => part['thought'] === true));
  const signature = texts.map(signatureOfPart).findLast((found) => found !== undefined);
  const content = joined(answer);
  return {
    ...emptyMessage,
    content: content === '' && calls.length > 0 ? null : content,
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(toolCall(idPrefix)) }),
    ...extraContent({
      ...signatureExtra(signature),
      // Parts that nobody asked for, such as code that the provider ran.
      ...(others.length === 0 ? {} : { parts: others }),
    }),
  };
}

function joined(parts: readonly JsonObject[]): string {
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
}

function toolCall(idPrefix: string): (part: JsonObject, index: number) => JsonObject {
  return (part, index) => {
    const called = isJsonObject(part['functionCall']) ? part['functionCall'] : {};
    const { id, name, args } = called;
    return {
      id: typeof id === 'string' && id !== '' ? id : `${idPrefix}_${index}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args ?? {}) },
      ...extraContent(signatureExtra(signatureOfPart(part))),
    };
  };
}

function signatureOfPart(part: JsonObject): string | undefined {
  const signature = part['thoughtSignature'];
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}

/** Some services take ids of 40 characters at most; the end of an attempt's id is what differs. */
const attemptCharactersMax = 28;

/** For calls without an id: the same for the same answer however it came, and never twice. */
function callIdPrefix({ attemptId }: AnswerOrigin, choice: number): string {
  const own = attemptId.replaceAll(/[^\w-]/g, '_').slice(-attemptCharactersMax);
  return `call_${own}_${choice}`;
}

function signatureExtra(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { thought_signature: signature };
}

function extraContent(google: JsonObject): JsonObject {
  return Object.keys(google).length === 0 ? {} : { extra_content: { google } };
}
