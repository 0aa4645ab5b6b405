/**
 * Decides once what an error answer means: status and error object to class and ambiguity
 * (`domain/outcome.ts` has the table). Everyone later only reads the decision.
 *
 * Where a status can mean "refused" or "failed after generating", the answer counts as `unknown`
 * unless the provider itself says otherwise: a wrong `refused` is money nobody accounts for.
 */
import type { Ambiguity, ErrorClass } from '@forebay/shared/domain/outcome';
import type { ProviderError } from './provider-error.ts';

export interface Classification {
  readonly errorClass: ErrorClass;
  readonly ambiguity: Ambiguity;
}

export interface ErrorAnswer {
  readonly status: number;
  /** `undefined` when the body is no error object of a provider. */
  readonly error: ProviderError | undefined;
  /** The start of the body, for answers without an error object. */
  readonly text: string;
}

/** Matches any of these, in any case. */
function anyOf(patterns: readonly string[]): RegExp {
  return new RegExp(patterns.join('|'), 'i');
}

/** Machine words that decide whatever the status is. The first word known decides. */
const classOfWord: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ['insufficient_quota', 'quota_exhausted'],
  ['billing_hard_limit_reached', 'quota_exhausted'],
  ['billing_not_active', 'quota_exhausted'],
  ['billing_error', 'quota_exhausted'],
  ['access_terminated', 'quota_exhausted'],
  ['quota_per_day', 'quota_exhausted'],
  ['billing_disabled', 'quota_exhausted'],
  ['contract_spend_limit_reached', 'quota_exhausted'],
  ['enforced_spend_limit_reached', 'quota_exhausted'],
  ['linked_organization_spend_limit_reached', 'quota_exhausted'],
  ['linked_organization_billing_unavailable', 'quota_exhausted'],
  ['context_length_exceeded', 'context_too_long'],
  ['string_above_max_length', 'context_too_long'],
  ['request_too_large', 'context_too_long'],
  ['content_filter', 'content_filtered'],
  ['content_filtered', 'content_filtered'],
  ['content_policy_violation', 'content_filtered'],
  ['moderation_blocked', 'content_filtered'],
  ['responsibleaipolicyviolation', 'content_filtered'],
  ['invalid_api_key', 'unauthorized'],
  ['authentication_error', 'unauthorized'],
  ['permission_error', 'unauthorized'],
  ['api_key_invalid', 'unauthorized'],
  ['api_key_expired', 'unauthorized'],
  ['service_disabled', 'unauthorized'],
  ['consumer_suspended', 'unauthorized'],
  ['organization_on_hold', 'unauthorized'],
  ['model_not_found', 'not_found'],
  ['deploymentnotfound', 'not_found'],
  ['overloaded_error', 'overloaded'],
  ['capacity_exceeded', 'overloaded'],
]);

/** Further words, for errors without a status of their own: those inside an answer with 200. */
const statusOfWord: ReadonlyMap<string, number> = new Map([
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['too_many_requests', 429],
  ['resource_exhausted', 429],
  ['invalid_request_error', 400],
  ['invalid_prompt', 400],
  ['invalid_argument', 400],
  ['not_found_error', 404],
  ['overloaded', 503],
  ['service_unavailable', 503],
  ['unavailable', 503],
  ['timeout_error', 504],
  ['timeout', 504],
  ['deadline_exceeded', 504],
]);

const tooLongText = anyOf([
  'context[ _](?:length|window|size|limit)',
  '(?:prompt|input) is too long',
  'too many (?:input )?tokens',
  'reduce the length of',
  'maximum (?:input|prompt) length',
  'input token count .{0,40}exceeds',
  'payload size exceeds',
]);
const filteredText =
  /flagged as potentially|content (?:management |filtering )?polic|usage polic|content filter/i;
const flaggedText = /\bflagged\b|moderation|content (?:management |filtering )?polic/i;
const quotaText = anyOf([
  'exceeded your current quota',
  'insufficient (?:credits|balance|funds)',
  'credit balance is too low',
  'reached your specified (?:API )?usage limits',
]);
const badKeyText = /api[ _]key (?:not valid|is invalid|expired)|invalid api[ _]key/i;

/** Where we call from is the operator's matter, as the key is. */
const placeText = /location is not supported/i;

/** Proxies that took the request, passed it on, and lost the other side. */
const lostUpstreamText =
  /reset before headers|upstream request timeout|upstream (?:reset|timed? ?out)/i;

const refused = (errorClass: ErrorClass): Classification => ({ errorClass, ambiguity: 'refused' });

const gatewayError: Classification = { errorClass: 'gateway_error', ambiguity: 'unknown' };

/** Classifies a complete answer whose status is not a success. */
export function classifyErrorAnswer(answer: ErrorAnswer): Classification {
  const { status } = answer;
  if (status < 400) return refused('not_found'); // a redirect: the base URL is not the API
  if (isGatewayStatus(status)) return gatewayError;
  if (status === 408) return { errorClass: 'timeout', ambiguity: 'unknown' };
  if (status === 424) return gatewayError; // Bedrock: the model failed, at whatever point
  const byWord = firstKnown(answer.error, classOfWord);
  if (byWord !== undefined) return refused(byWord);
  return status >= 500 ? classifyServerError(answer) : classifyClientError(answer);
}

/** Classifies an error object inside an answer whose status is a success. */
export function classifyEmbeddedError(error: ProviderError): Classification {
  const status = error.status ?? firstKnown(error, statusOfWord) ?? 500;
  return classifyErrorAnswer({ status, error, text: '' });
}

/** 499, 502 and 504, and the family of one large proxy for "origin failed". */
function isGatewayStatus(status: number): boolean {
  return status === 499 || status === 502 || status === 504 || (status >= 520 && status <= 527);
}

function classifyServerError({ status, error, text }: ErrorAnswer): Classification {
  if (lostUpstreamText.test(error?.message ?? text)) return gatewayError;
  if (status === 503 || status === 529) return refused('overloaded');
  // Without an error object of the provider, this may be a proxy that lost an answer.
  return error === undefined ? gatewayError : refused('server_error');
}

function classifyClientError({ status, error, text }: ErrorAnswer): Classification {
  const message = error?.message ?? text;
  // Google says the same of every quota; which one it is was told by the words before.
  const isQuota = quotaText.test(message) && error?.words.includes('resource_exhausted') !== true;
  // Some services tell an empty purse as a bad request.
  if (status === 402 || ((status === 429 || status === 400) && isQuota)) {
    return refused('quota_exhausted');
  }
  if (status === 429) return refused('rate_limited');
  // Moderation in front of a model answers 403 too; it must not stop the whole deployment.
  if (status === 403 && flaggedText.test(message)) return refused('content_filtered');
  if (status === 401 || status === 403) return refused('unauthorized');
  if (status === 404) return refused('not_found');
  if (status === 409) return refused('server_error'); // a lock or state at the provider; passes
  if (status === 425 || status === 498) return refused('overloaded');
  if (status === 413 || tooLongText.test(message)) return refused('context_too_long');
  if (filteredText.test(message)) return refused('content_filtered');
  if (badKeyText.test(message) || placeText.test(message)) return refused('unauthorized');
  return refused('bad_request');
}

function firstKnown<T>(
  error: ProviderError | undefined,
  table: ReadonlyMap<string, T>,
): T | undefined {
  for (const word of error?.words ?? []) {
    const known = table.get(word);
    if (known !== undefined) return known;
  }
  return undefined;
}
