/** How Anthropic's API takes keys and writes errors and headers. */
import type { RateState } from '../calls/rate-table.ts';
import type { ApiForm, WrittenError } from '../http/api-form.ts';
import type { Refusal } from '../http/openai-error.ts';
import type { ModelProfile } from '../scenario/scenario.ts';

export const anthropicForm: ApiForm = {
  keyOf: (exchange) =>
    exchange.header('x-api-key') ??
    exchange.header('authorization')?.replace(/^Bearer\s+/i, '') ??
    '',
  writeError,
  answerHeaders: (_exchange, callId) => ({
    'request-id': `req_${callId}`,
    'anthropic-organization-id': 'simulator',
  }),
  rateHeaders,
};

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** What this service says where the drafts of refusals speak as another one does. */
const MESSAGES: Record<string, (refused: Refusal) => string> = {
  context_length_exceeded: ({ error }) => {
    const [max = '0', count = '0'] = error.message.match(/\d+/g) ?? [];
    return `prompt is too long: ${count} tokens > ${max} maximum`;
  },
  insufficient_quota: () =>
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing ' +
    'to upgrade or purchase credits.',
  content_filter: () => 'Output blocked by content filtering policy',
  invalid_api_key: () => 'invalid x-api-key',
};

function writeError(refused: Refusal): WrittenError {
  const { code, message } = refused.error;
  // An empty purse is a bad request here.
  const status = code === 'insufficient_quota' ? 400 : refused.status;
  const said = MESSAGES[code ?? '']?.(refused) ?? message;
  const body = JSON.stringify({ type: 'error', error: { type: typeOf(status), message: said } });
  return { status, headers: refused.headers, body };
}

/** The kind of an error by its status. */
function typeOf(status: number): string {
  return TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

/** What the headers say of a lane without limits. */
const REQUESTS_UNLIMITED = 4_000;
const TOKENS_UNLIMITED = 10_000_000;

function rateHeaders(profile: ModelProfile, state: RateState): Record<string, string> {
  const reset = new Date(Date.now() + state.resetMs).toISOString();
  const kinds = [
    ['requests', profile.rpm ?? REQUESTS_UNLIMITED, state.usedRequests],
    ['tokens', profile.tpm ?? TOKENS_UNLIMITED, state.usedTokens],
  ] as const;
  const headers = kinds.flatMap(([name, limit, used]) => [
    [`anthropic-ratelimit-${name}-limit`, String(limit)],
    [`anthropic-ratelimit-${name}-remaining`, String(Math.max(limit - used, 0))],
    [`anthropic-ratelimit-${name}-reset`, reset],
  ]);
  return Object.fromEntries(headers);
}
