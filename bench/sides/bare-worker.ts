/** A program: a BullMQ worker that calls the provider and returns its answer. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { bareQueueName } from './bare-side.ts';
import { benchModel, outputCapTokens } from './sample-job.ts';

const [redisUrl = '', providerUrl = '', concurrencyText = ''] = process.argv.slice(2);
const concurrency = Number(concurrencyText);
const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
const pool = new Pool(providerUrl, { connections: concurrency });

async function callProvider(messages: readonly object[]): Promise<unknown> {
  const response = await pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: benchModel, messages, max_tokens: outputCapTokens }),
  });
  const answer = await response.body.json();
  if (response.statusCode !== 200) throw new Error(`the provider answered ${response.statusCode}`);
  return answer;
}

const worker = new Worker<{ messages: readonly object[] }>(
  bareQueueName,
  (job) => callProvider(job.data.messages),
  { connection, concurrency },
);
process.once('SIGTERM', () => process.exit(0));
await worker.waitUntilReady();
process.stdout.write('ready\n');
