/**
 * From an ended exchange to the outcome of the call: the one place where bytes become a decision,
 * for every dialect. Answers are judged in the OpenAI form, into which their dialect brings them.
 *
 * I1  `answered` needs a complete HTTP answer, the end marker of a stream, and a body that its
 *     kind allows. All else is a failure, or was aborted.
 * I2  Usage is kept only from a complete answer, and only if it is believable.
 * I3  Texts of the provider leave this file scrubbed, whatever the branch.
 */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { Ambiguity, ErrorClass } from '@forebay/shared/domain/outcome';
import type { Usage } from '@forebay/shared/domain/usage';
import type { CallOutcome, ProviderCall } from '@forebay/shared/ports/provider-client';
import type { CollectedBody } from '../http/collect-bytes.ts';
import type { Exchange } from '../http/exchange.ts';
import { readRateLimits, readRequestId } from '../http/headers.ts';
import { readRetryAfterMs } from '../http/retry-after.ts';
import { type RetryHint, readRetryHint, readSentence } from '../http/retry-hint.ts';
import { scrub } from '../http/scrub.ts';
import type { AnswerStream, StreamVerdict } from './answer-stream.ts';
import { classifyEmbeddedError, classifyErrorAnswer } from './classify-response.ts';
import { parseJson } from './parse-json.ts';
import { type ProviderError, readProviderError } from './provider-error.ts';
import { readUsage } from './read-usage.ts';
import { type AnswerFacts, readAnswer } from './response.ts';

export type AnswerSink = CollectedBody | AnswerStream;

export interface EndedExchange {
  readonly exchange: Exchange;
  /** What took the body; `undefined` when no head came. */
  readonly sink: AnswerSink | undefined;
}

/** A success body in the OpenAI form; bodies that are no answers come back as they are. */
type ReadBody = (body: JsonObject) => JsonObject;

interface InterpretDeps {
  /** Wall clock, for dates in `retry-after`. */
  readonly nowMs: number;
  /** Values that no text may show. */
  readonly secrets: readonly string[];
  readonly readBody: ReadBody;
}

/** What a branch decides; the facts around it are added once. */
interface Failure {
  readonly errorClass: ErrorClass;
  readonly ambiguity: Ambiguity;
  readonly message: string;
  readonly code?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly retryHint?: RetryHint | undefined;
}

type Verdict =
  | { readonly kind: 'answered'; readonly body: JsonObject; readonly usage: Usage | undefined }
  | { readonly kind: 'aborted'; readonly ambiguity: Ambiguity }
  | ({ readonly kind: 'failed' } & Failure);

/** Decides the outcome of a call. */
export function interpretExchange(
  deps: InterpretDeps,
  call: ProviderCall,
  ended: EndedExchange,
): CallOutcome {
  const { head, firstByteMs, totalMs } = ended.exchange;
  const verdict = judge(deps.readBody, call, ended);
  const facts = {
    requestId: head === undefined ? undefined : readRequestId(head.headers),
    rateLimits: head === undefined ? undefined : readRateLimits(head.headers),
    timings: { firstByteMs, totalMs },
  };
  if (verdict.kind === 'answered') {
    return { ...verdict, body: withCreated(verdict.body, deps.nowMs), ...facts };
  }
  if (verdict.kind !== 'failed') return { ...verdict, ...facts };
  const isErrorStatus = head !== undefined && head.status >= 400;
  return {
    kind: 'failed',
    errorClass: verdict.errorClass,
    ambiguity: verdict.ambiguity,
    status: head?.status,
    code: verdict.code,
    message: scrub(verdict.message, deps.secrets), // I3
    retryAfterMs: readRetryAfterMs(isErrorStatus ? head.headers : undefined, {
      nowMs: deps.nowMs,
      hint: verdict.retryHint,
      isRateLimited: verdict.errorClass === 'rate_limited',
    }),
    usage: verdict.usage,
    ...facts,
  };
}

/** Some dialects do not tell when they answered. */
function withCreated(body: JsonObject, nowMs: number): JsonObject {
  if (body['object'] !== 'chat.completion' || body['created'] !== undefined) return body;
  return { ...body, created: Math.floor(nowMs / 1_000) };
}

function judge(readBody: ReadBody, call: ProviderCall, { exchange, sink }: EndedExchange): Verdict {
  const { end, head } = exchange;
  switch (end.kind) {
    case 'not_sent':
      return failed({ errorClass: 'connect_failed', ambiguity: 'not_sent', message: end.detail });
    case 'aborted':
      return { kind: 'aborted', ambiguity: end.sent ? 'unknown' : 'not_sent' };
    case 'timed_out':
      return failed(unknownEnd('timeout', `the ${timerTexts[end.phase]} timer ran out`));
    case 'broken':
      return failed(unknownEnd('cut', `the connection broke: ${end.detail}`));
    case 'too_large':
      return failed(unknownEnd('malformed_answer', 'the answer is larger than allowed'));
    case 'complete':
      break;
  }
  if (head === undefined || sink === undefined) {
    return failed(unknownEnd('cut', 'the connection ended without an answer'));
  }
  if (sink.kind === 'stream') return judgeStream(call, sink.verdict());
  const text = sink.text();
  const body = parseJson(text);
  if (head.status >= 200 && head.status < 300) {
    return judgeBody(call, isJsonObject(body) ? readBody(body) : body, text);
  }
  return judgeErrorAnswer(head.status, body, text);
}

const timerTexts = {
  connect: 'connect',
  first_byte: 'first byte',
  idle: 'idle',
  total: 'total',
  drain: 'drain',
} as const;

function judgeErrorAnswer(status: number, body: Json | undefined, text: string): Verdict {
  const error = readProviderError(body);
  const told = error?.message === undefined || error.message === '' ? text : error.message;
  return failed({
    ...classifyErrorAnswer({ status, error, text: text.slice(0, 2_000) }),
    code: error?.code,
    message: `status ${status}: ${told}`,
    retryHint: error === undefined ? readAnyHint(body, text) : error.retryHint,
  });
}

/** Of a body that is no error as we know them. */
function readAnyHint(body: Json | undefined, text: string): RetryHint | undefined {
  const hint = isJsonObject(body) ? readRetryHint(body) : undefined;
  return hint ?? readSentence(text);
}

function judgeBody(call: ProviderCall, body: Json | undefined, text: string): Verdict {
  // A cut with a closed connection cannot be told from a broken end, so this is not `answered`.
  if (body === undefined) return failed(unknownEnd('malformed_answer', `no JSON: ${text}`));
  const facts = readAnswer(call.kind, body);
  if (facts !== undefined && isJsonObject(body)) return judgeAnswer(call, body, facts);
  const error = readProviderError(body);
  if (error !== undefined) return failed(embeddedError(error));
  const usage = isJsonObject(body) ? readUsage(call.kind, body['usage']) : undefined;
  return failed(malformed('the answer has not the form of its kind', usage));
}

function judgeStream(call: ProviderCall, verdict: StreamVerdict): Verdict {
  switch (verdict.kind) {
    case 'complete':
    case 'incomplete': {
      const facts = readAnswer(call.kind, verdict.body);
      if (facts !== undefined) return judgeAnswer(call, verdict.body, facts);
      const usage = readUsage(call.kind, verdict.body['usage']);
      return failed(malformed('the stream ended without a finished answer', usage));
    }
    case 'error':
      return failed(verdict.hasBegun ? lateError(verdict.error) : embeddedError(verdict.error));
    case 'broken_event':
      return failed(unknownEnd('malformed_answer', 'an event of the stream is no JSON object'));
    case 'unfinished':
      return failed(unknownEnd('cut', 'the stream ended without its end marker'));
  }
}

function judgeAnswer(call: ProviderCall, body: JsonObject, facts: AnswerFacts): Verdict {
  const usage = believable(call, facts, readUsage(call.kind, body['usage'])); // I2
  if (facts.isUnusable) return failed(unusable(body, usage));
  if (!facts.isFiltered) return { kind: 'answered', body, usage };
  return failed({
    errorClass: 'content_filtered',
    ambiguity: 'answered',
    message: 'the provider stopped the answer for its content',
    code: 'content_filter',
    usage,
  });
}

/** An answer in its right form that says of itself that it failed, or has not ended. */
function unusable(body: JsonObject, usage: Usage | undefined): Failure {
  const error = body['status'] === 'failed' ? readProviderError(body) : undefined;
  // A failed response that used output tokens may be billed for them.
  const isBilled = usage !== undefined && usage.outputTokens > 0;
  if (error !== undefined && !isBilled) return embeddedError(error);
  if (isBilled)
    return malformed(error?.message ?? 'the answer says that it is not complete', usage);
  return unknownEnd('malformed_answer', 'the answer says that it is not complete');
}

/** Usage that contradicts the answer or the cap that was sent is none. */
function believable(
  call: ProviderCall,
  facts: AnswerFacts,
  usage: Usage | undefined,
): Usage | undefined {
  if (usage === undefined) return undefined;
  if (facts.hasOutput && usage.outputTokens === 0) return undefined;
  if (call.kind === 'embeddings') return usage.outputTokens === 0 ? usage : undefined;
  const asked = call.kind === 'chat.completions' ? call.body['n'] : 1;
  const choices = typeof asked === 'number' && asked > 1 ? asked : 1;
  return usage.outputTokens <= call.outputCapTokens * choices ? usage : undefined;
}

function embeddedError(error: ProviderError): Failure {
  const message = `error in an answer with a success status: ${error.message}`;
  const { code, retryHint } = error;
  return { ...classifyEmbeddedError(error), code, message, retryHint };
}

/** An error after tokens had come: those may be billed, whatever the error says. */
function lateError(error: ProviderError): Failure {
  const { errorClass } = classifyEmbeddedError(error);
  const message = `error in the middle of a stream: ${error.message}`;
  if (errorClass === 'content_filtered') {
    return { errorClass, ambiguity: 'answered', code: error.code, message };
  }
  return { ...unknownEnd('cut', message), code: error.code };
}

function malformed(message: string, usage: Usage | undefined): Failure {
  return { errorClass: 'malformed_answer', ambiguity: 'answered', message, usage };
}

function unknownEnd(errorClass: 'cut' | 'timeout' | 'malformed_answer', message: string): Failure {
  return { errorClass, ambiguity: 'unknown', message };
}

function failed(failure: Failure): Verdict {
  return { kind: 'failed', ...failure };
}
