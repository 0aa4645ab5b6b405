import { describe, expect, test } from 'vitest';
import { answerJson, hangUp, startScriptedApi } from '../../../test/support/scripted-api.ts';
import { ForebayApiError } from './api-error.ts';
import { createForebayClient } from './create-client.ts';

const job = { id: 'job_1', object: 'job', status: 'queued', version: 1 };
const request = { kind: 'chat.completions', model: 'auto', body: { messages: [] } } as const;

describe('the client', () => {
  test('sends one idempotency key in all tries of one submission', async () => {
    const { client, requests } = await startScriptedApi([hangUp, hangUp, answerJson(202, job)]);
    expect(await client.submit(request)).toMatchObject({ id: 'job_1' });
    const keys = requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(requests[0]?.headers.authorization).toBe('Bearer fb_test_key');
  });

  test('waits as long as the API asks before the next try', async () => {
    const busy = answerJson(503, { code: 'store_unavailable' }, { 'retry-after': '3' });
    const { client, pausesMs } = await startScriptedApi([busy, answerJson(200, job)]);
    await client.get('job_1');
    expect(pausesMs).toEqual([3_000 + 250 / 4]);
  });

  test('backs off in growing steps and gives up after its retries', async () => {
    const { client, pausesMs, requests } = await startScriptedApi([answerJson(500, {})]);
    await expect(client.get('job_1')).rejects.toMatchObject({ status: 500 });
    expect(pausesMs).toEqual([250, 500, 1_000, 2_000]);
    expect(requests).toHaveLength(5);
  });

  test('does not wait longer than a minute for an API that asks for more', async () => {
    const busy = answerJson(503, {}, { 'retry-after': '61' });
    const { client, requests } = await startScriptedApi([busy]);
    await expect(client.get('job_1')).rejects.toMatchObject({ retryAfterMs: 61_000 });
    expect(requests).toHaveLength(1);
  });

  test('tells what is wrong with a request, at once', async () => {
    const problem = {
      code: 'invalid_request',
      detail: '"body": expected an object.',
      param: 'body',
      errors: [{ pointer: '/body', code: 'invalid_value', detail: 'expected an object' }],
      request_id: 'req_1',
    };
    const { client, requests } = await startScriptedApi([answerJson(400, problem)]);
    const error = await client.submit(request).catch((caught: unknown) => caught);
    expect(ForebayApiError.is(error)).toBe(true);
    expect(error).toMatchObject({
      message: '"body": expected an object.',
      status: 400,
      code: 'invalid_request',
      param: 'body',
      errors: problem.errors,
      requestId: 'req_1',
      isRetryable: false,
    });
    expect(requests).toHaveLength(1);
  });

  test('does not repeat a deletion whose answer was lost, but a change', async () => {
    const deleting = await startScriptedApi([hangUp]);
    await expect(deleting.client.delete('job_1')).rejects.toMatchObject({
      code: 'unreachable',
      status: undefined,
    });
    expect(deleting.requests).toHaveLength(1);

    const changing = await startScriptedApi([hangUp, answerJson(200, job)]);
    await changing.client.change(job, { priority: 1 });
    expect(changing.requests.map(({ headers }) => headers['if-match'])).toEqual(['"1"', '"1"']);
  });

  test('says that an answer is not from Forebay instead of failing later', async () => {
    const { client } = await startScriptedApi([answerJson(200, { hello: 'world' })]);
    await expect(client.get('job_1')).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  test('does not take its key to where a redirect points', async () => {
    const { client, requests } = await startScriptedApi([
      answerJson(307, {}, { location: '/elsewhere' }),
    ]);
    await expect(client.get('job_1')).rejects.toMatchObject({ status: 307 });
    expect(requests).toHaveLength(1);
  });

  test('ends with the reason of the signal', async () => {
    const stopping = new AbortController();
    const { client, requests } = await startScriptedApi([
      () => stopping.abort(new Error('enough')),
    ]);
    await expect(client.get('job_1', { signal: stopping.signal })).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });

  test.each([
    [{ baseUrl: 'forebay', apiKey: 'k' }, 'baseUrl'],
    [{ baseUrl: 'http://a', apiKey: 'fb key' }, 'apiKey'],
    [{ baseUrl: 'http://a', apiKey: 'k', retries: -1 }, 'retries'],
    [{ baseUrl: 'http://a', apiKey: 'k', timeoutMs: 0 }, 'timeoutMs'],
  ])('refuses the options %j', (options, name) => {
    expect(() => createForebayClient(options)).toThrow(name);
  });
});

describe('lists', () => {
  test('follow their pages as they are read', async () => {
    const page = (ids: readonly string[], next: string | null) =>
      answerJson(200, {
        object: 'list',
        data: ids.map((id) => ({ ...job, id })),
        has_more: next !== null,
        next,
      });
    const { client, requests } = await startScriptedApi([
      page(['job_3', 'job_2'], 'cursor'),
      page(['job_1'], null),
    ]);
    const ids: string[] = [];
    for await (const { id } of client.list({ status: 'queued', limit: 2 })) ids.push(id);
    expect(ids).toEqual(['job_3', 'job_2', 'job_1']);
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/jobs?status=queued&limit=2',
      '/v1/jobs?status=queued&limit=2&after=cursor',
    ]);
  });
});

describe('waiting', () => {
  const ended = { ...job, status: 'succeeded', version: 3 };

  test('asks only for news and shows each version once', async () => {
    const { client, requests } = await startScriptedApi([
      answerJson(200, job),
      (_, response) => void response.writeHead(304).end(),
      answerJson(200, { ...job, status: 'running', version: 2 }),
      answerJson(200, ended),
    ]);
    const seen: number[] = [];
    const result = await client.wait('job_1', { onChange: ({ version }) => seen.push(version) });
    expect(result.status).toBe('succeeded');
    expect(seen).toEqual([1, 2, 3]);
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"1"',
      '"1"',
      '"2"',
    ]);
    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/jobs/job_1?wait=0',
      ...Array.from({ length: 3 }, () => '/v1/jobs/job_1?wait=25'),
    ]);
  });

  test('gives the job as it stands when the time is over', async () => {
    const { client, pausesMs } = await startScriptedApi([
      answerJson(200, job),
      (_, response) => void response.writeHead(304).end(),
    ]);
    expect((await client.wait('job_1', { timeoutMs: 1_200 })).status).toBe('queued');
    // An API that answers at once is not asked again at once.
    expect(pausesMs).toEqual([500, 500, 500]);
  });
});
