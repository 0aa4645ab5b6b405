/** How Google's APIs take keys and write errors: a status by name, and details by type. */
import type { ApiForm, WrittenError } from '../http/api-form.ts';
import type { Refusal } from '../http/openai-error.ts';

export const googleForm: ApiForm = {
  keyOf: (exchange) => exchange.header('x-goog-api-key') ?? '',
  writeError,
  answerHeaders: () => ({ server: 'scaffolding on HTTPServer2', vary: 'X-Origin' }),
  rateHeaders: () => ({}),
};

const STATUS_NAMES: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const TYPE = 'type.googleapis.com/google.rpc.';

function writeError(refused: Refusal): WrittenError {
  const { code, message } = refused.error;
  // A wrong key is a bad argument here, told apart by its reason.
  if (code === 'invalid_api_key') {
    const reason = { reason: 'API_KEY_INVALID', domain: 'googleapis.com', metadata: {} };
    const text = 'API key not valid. Please pass a valid API key.';
    return written(400, text, [{ '@type': `${TYPE}ErrorInfo`, ...reason }]);
  }
  if (code === 'context_length_exceeded') {
    const [max = '0', count = '0'] = message.match(/\d+/g) ?? [];
    const text = `The input token count (${count}) exceeds the maximum number of tokens allowed`;
    return written(400, `${text} (${max}).`, []);
  }
  if (refused.status === 429) return quotaError(refused);
  const { headers } = refused;
  return { ...written(refused.status, message, []), headers };
}

/** Google tells the wait in the body; forms that are no number of seconds stay in the header. */
function quotaError(refused: Refusal): WrittenError {
  const isDaily = refused.error.code === 'insufficient_quota';
  const period = isDaily ? 'PerDay' : 'PerMinute';
  const violation = {
    quotaMetric: 'generativelanguage.googleapis.com/generate_requests',
    quotaId: `GenerateRequests${period}PerProjectPerModel`,
    quotaDimensions: { location: 'global' },
    quotaValue: '10',
  };
  const { 'retry-after': seconds, 'retry-after-ms': milliseconds, ...others } = refused.headers;
  const isPlain = seconds !== undefined && /^\d+(\.\d+)?$/.test(seconds);
  const delay = milliseconds === undefined ? seconds : String(Number(milliseconds) / 1000);
  const isTold = isPlain || milliseconds !== undefined;
  const text = 'You exceeded your current quota, please check your plan and billing details.';
  const details = [
    { '@type': `${TYPE}QuotaFailure`, violations: [violation] },
    {
      '@type': `${TYPE}Help`,
      links: [{ description: 'Learn more', url: 'https://ai.google.dev' }],
    },
    ...(isTold ? [{ '@type': `${TYPE}RetryInfo`, retryDelay: `${delay}s` }] : []),
  ];
  return { ...written(429, text, details), headers: isTold ? others : refused.headers };
}

function written(status: number, message: string, details: object[]): WrittenError {
  const name = STATUS_NAMES[status] ?? 'UNKNOWN';
  const error = {
    code: status,
    message,
    status: name,
    ...(details.length > 0 ? { details } : {}),
  };
  return { status, headers: {}, body: JSON.stringify({ error }, null, 2) };
}
