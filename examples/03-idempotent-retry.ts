/**
 * Submit safely over a network that loses answers: the same key makes one job, however often it
 * is sent, from whatever process.
 */
import { createForebayClient, ForebayApiError, type JobRequest } from '@forebay/client';
import { apiKey, url } from './connect.ts';

const forebay = createForebayClient({ baseUrl: url, apiKey });
// Made from what the job is for, such as an order's number, it survives a crash of your process.
const idempotencyKey = `order-${crypto.randomUUID()}`;

const request: JobRequest = {
  kind: 'chat.completions',
  model: 'auto',
  body: { messages: [{ role: 'user', content: 'Summarise order 17.' }], max_tokens: 40 },
};

const first = await forebay.submit(request, { idempotencyKey });
console.log(`first:  ${first.id}`);

// Had the answer been lost, this is what to do. The client does it by itself while it lives.
const second = await forebay.submit(request, { idempotencyKey });
console.log(`second: ${second.id} ${second.id === first.id ? '(the same job)' : '(another job!)'}`);

// A key stands for one request. Another one under it is a mistake, and nothing is made.
try {
  await forebay.submit({ ...request, priority: 'urgent' }, { idempotencyKey });
  console.log('another request under the same key was taken!');
} catch (error) {
  if (!(error instanceof ForebayApiError)) throw error;
  console.log(`another request under the same key: ${error.status} ${error.code}`);
}
