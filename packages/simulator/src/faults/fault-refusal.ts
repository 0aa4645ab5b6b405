/** The complete error answers: those of faults, and those the limits of a scenario give. */
import { badRequest, type Refusal, refusal } from '../http/openai-error.ts';
import { type Fault, type FaultKind, numberParameter, wordParameter } from './fault.ts';
import { retryAfterHeaders } from './retry-after.ts';

type RefusalWriter = (fault: Fault, model: string) => Refusal;

const REFUSALS: Partial<Record<FaultKind, RefusalWriter>> = {
  rate_limit: (fault, model) => rateLimited(model, 'requests', requestedRetryAfter(fault)),
  quota_exhausted: quotaExhausted,
  server_error: serverError,
  bad_request: () =>
    badRequest('Invalid value for a field of the request (simulated).', 'messages'),
  unauthorized,
  forbidden: () => refusal(403, { message: 'You are not allowed to use this model (simulated).' }),
  not_found: (_fault, model) => modelNotFound(model),
  context_overflow: () => contextOverflow(128_000, 250_000),
  content_filter: contentFiltered,
};

/** The complete error answer a fault stands for; null for faults that are none. */
export function faultRefusal(fault: Fault, model: string): Refusal | null {
  if (fault.kind === 'content_filter' && wordParameter(fault, 'at') === 'answer') return null;
  return REFUSALS[fault.kind]?.(fault, model) ?? null;
}

/** A 429 of the given headers. */
export function rateLimited(
  model: string,
  by: 'requests' | 'tokens' | 'capacity',
  headers: Record<string, string>,
): Refusal {
  const message = `Rate limit reached for ${model} on ${by}. Please try again later.`;
  const type = by === 'capacity' ? 'requests' : by;
  return refusal(429, { message, type, code: 'rate_limit_exceeded' }, headers);
}

/** The 401 for a wrong key. */
export function unauthorized(): Refusal {
  return refusal(401, {
    message: 'Incorrect API key provided. You can find your API key in your account settings.',
    code: 'invalid_api_key',
  });
}

/** The 404 for an unknown model. */
export function modelNotFound(model: string): Refusal {
  return refusal(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    code: 'model_not_found',
  });
}

/** The 400 for a prompt, with its output cap, that is longer than the window. */
export function contextOverflow(windowTokens: number, neededTokens: number): Refusal {
  return badRequest(
    `This model's maximum context length is ${windowTokens} tokens. However, your messages ` +
      `resulted in ${neededTokens} tokens. Please reduce the length of the messages.`,
    'messages',
    'context_length_exceeded',
  );
}

function requestedRetryAfter(fault: Fault): Record<string, string> {
  const form = wordParameter(fault, 'retry_after');
  return retryAfterHeaders(form, numberParameter(fault, 'seconds'));
}

function quotaExhausted(): Refusal {
  const message = 'You exceeded your current quota, please check your plan and billing details.';
  return refusal(429, { message, type: 'insufficient_quota', code: 'insufficient_quota' });
}

function contentFiltered(): Refusal {
  const message = 'The response was filtered due to the prompt triggering content management.';
  return badRequest(message, 'prompt', 'content_filter');
}

function serverError(fault: Fault): Refusal {
  const status = numberParameter(fault, 'status');
  const overloaded = status === 503 || status === 529;
  const message = overloaded
    ? 'The engine is currently overloaded, please try again later.'
    : 'The server had an error while processing your request. Sorry about that!';
  const type = overloaded ? 'overloaded_error' : 'server_error';
  return refusal(status, { message, type }, requestedRetryAfter(fault));
}
