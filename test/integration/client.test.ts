// The client against real processes: what its unit tests assume of the API is true.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createForebayClient, hasEnded, type JobEvent, verifyWebhook } from '@forebay/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startForebay } from '../support/forebay.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();

const hello = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 8 },
} as const;

describe('the client on a running Forebay', () => {
  test('takes a job through its life and reads what was made of it', async () => {
    const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
    const api = await forebay.startApi();
    const client = createForebayClient({ baseUrl: api.url, apiKey: forebay.apiKey });
    const receiver = await startReceiver();

    const key = { idempotencyKey: 'once' };
    const webhook = { url: receiver.url };
    const first = await client.submit({ ...hello, webhook }, key);
    const again = await client.submit({ ...hello, webhook }, key);
    expect(again.id).toBe(first.id);
    const waiting = await client.wait(first.id, { timeoutMs: 50 });
    expect(hasEnded(waiting)).toBe(false);
    const doomed = await client.submit(hello);
    expect((await client.cancel(doomed.id)).status).toBe('cancelled');

    await forebay.startWorker('worker-1');
    const versions: number[] = [];
    const ended = await client.wait(first.id, {
      onChange: ({ version }) => versions.push(version),
    });
    expect(ended).toMatchObject({ status: 'succeeded', model: 'alpha' });
    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect((await client.get(first.id)).result).toEqual(ended.result);
    const verdict = verifyWebhook({ secrets: forebay.webhookSecret, ...(await receiver.received) });
    expect(verdict).toMatchObject({
      kind: 'verified',
      event: { type: 'job.succeeded', data: { id: first.id } },
    });
  });

  test('follows a job to its end, and finds nothing after it', async () => {
    const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
    const api = await forebay.startApi();
    const client = createForebayClient({ baseUrl: api.url, apiKey: forebay.apiKey });
    const { id } = await client.submit(hello);
    await forebay.startWorker('worker-1');
    const follow = async (job: string, startingAfter?: string): Promise<readonly JobEvent[]> => {
      const seen: JobEvent[] = [];
      const options = startingAfter === undefined ? {} : { startingAfter };
      for await (const event of client.events(job, options)) seen.push(event);
      return seen;
    };

    const events = await follow(id);
    expect(events.at(-1)?.type).toBe('job.succeeded');
    const [first, ...later] = events.map((event) => event.id);
    expect((await follow(id, first)).map((event) => event.id)).toEqual(later);
    expect(await follow(id, later.at(-1))).toEqual([]);
  });

  test('changes a job that waits, and tries one again that was cancelled', async () => {
    const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
    const api = await forebay.startApi();
    const client = createForebayClient({ baseUrl: api.url, apiKey: forebay.apiKey });

    const job = await client.submit(hello);
    const changed = await client.change(job, { priority: 'urgent', timeout_seconds: 60 });
    expect(changed).toMatchObject({ priority: 0, version: 2 });
    await expect(client.change(job, { priority: 1 })).rejects.toMatchObject({
      code: 'version_mismatch',
    });
    await client.cancel(job.id);
    const again = await client.retry(job.id, { changes: { model: 'beta' } });
    expect(again).toMatchObject({ retry_of: job.id, priority: 0, requested_model: 'beta' });
    expect((await client.retry(job.id)).id).not.toBe(again.id);
  });

  test('asks for plans and models, and tells what is refused', async () => {
    const forebay = await startForebay({ redisUrl: redis().url, config: twoModels });
    const api = await forebay.startApi();
    const client = createForebayClient({ baseUrl: api.url, apiKey: forebay.apiKey });

    const plan = await client.route(hello);
    expect(plan.route.candidates[0]).toMatchObject({ model: 'alpha' });
    expect((await client.models()).map(({ id }) => id)).toEqual(['alpha', 'beta']);
    await expect(client.get('job_00000000000000000000000000')).rejects.toMatchObject({
      status: 404,
      code: 'not_found',
      isRetryable: false,
      requestId: expect.stringMatching(/^req_/),
    });
    await expect(client.submit({ ...hello, model: 'gamma' })).rejects.toMatchObject({
      code: 'unknown_model',
    });
    const stranger = createForebayClient({ baseUrl: api.url, apiKey: 'fb_test_wrong' });
    await expect(stranger.models()).rejects.toMatchObject({ status: 401 });
  });
});

async function startReceiver() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const received = once(server, 'request').then(async ([request, response]) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.writeHead(204).end();
    return { headers: request.headers, rawBody: Buffer.concat(chunks) };
  });
  // A server on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, received };
}
