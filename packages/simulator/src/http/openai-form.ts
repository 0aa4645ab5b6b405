/** How the OpenAI service takes keys and writes errors and headers. */
import { rateHeaders } from '../calls/rate-headers.ts';
import type { ApiForm } from './api-form.ts';
import { refusalBody } from './openai-error.ts';

export const openAiForm: ApiForm = {
  keyOf: (exchange) => exchange.header('authorization')?.replace(/^Bearer\s+/i, '') ?? '',
  writeError: (refused) => ({
    status: refused.status,
    headers: refused.headers,
    body: refusalBody(refused),
  }),
  answerHeaders: (exchange, callId) => ({
    'x-request-id': `req_${callId}`,
    'openai-processing-ms': String(Math.round(exchange.elapsedMs)),
    'openai-version': '2020-10-01',
    'openai-organization': 'simulator',
  }),
  rateHeaders,
};
