/**
 * Errors on the wire: RFC 9457 problem documents that also carry an `error` member in the OpenAI
 * shape, so that both kinds of client find what they read.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { ApiReply } from './api-call.ts';

export interface ProblemContext {
  readonly requestId: string;
  /** The path of the request, without its query. */
  readonly instance: string;
}

/** The reply for a thrown value; what is not ours becomes `internal` and tells nothing. */
export function problemReply(error: unknown, context: ProblemContext): ApiReply {
  const known = asForebayError(error);
  const { status, retryable } = known.entry;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      // The official SDKs obey this header whatever the status says.
      'x-should-retry': retryable ? 'true' : 'false',
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="forebay"' } : {}),
      ...retryAfter(known),
      ...violated(known),
    },
    body: problemBody(known, context),
  };
}

/** Errors of the web framework that are the caller's fault carry a 4xx status. */
function asForebayError(error: unknown): ForebayError {
  if (ForebayError.is(error)) return error;
  if (error instanceof URIError || statusOf(error) === 400) {
    return new ForebayError('invalid_request', 'The URL is not properly percent-encoded.');
  }
  return new ForebayError('internal', 'Forebay failed; its log names the request id.');
}

function problemBody(error: ForebayError, context: ProblemContext): JsonObject {
  const { title, status, openaiType } = error.entry;
  const param = error.param ?? null;
  return {
    type: `urn:forebay:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    instance: context.instance,
    code: error.code,
    param,
    ...(error.errors.length === 0
      ? {}
      : { errors: error.errors.map(({ pointer, code, detail }) => ({ pointer, code, detail })) }),
    request_id: context.requestId,
    error: { message: error.message, type: openaiType, param, code: error.code },
  };
}

function retryAfter(error: ForebayError): Record<string, string> {
  const seconds = error.retryAfterSeconds ?? (error.entry.retryable ? 1 : undefined);
  if (seconds === undefined) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
}

/**
 * What the draft of the `RateLimit` headers calls a policy with nothing left. Both forms say it:
 * the figure that was to go with the reply may be a second old.
 */
function violated({ violatedPolicy, retryAfterSeconds }: ForebayError): Record<string, string> {
  if (violatedPolicy === undefined) return {};
  return {
    ratelimit: `"${violatedPolicy}";r=0;t=${Math.ceil(retryAfterSeconds ?? 1)}`,
    [`x-ratelimit-remaining-${violatedPolicy}`]: '0',
  };
}

function statusOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'status' in error
    ? error.status
    : undefined;
}
