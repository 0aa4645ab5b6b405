/** Answers by themselves, and the deletion of jobs, over HTTP. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@forebay/shared/domain/limits';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { answerJob, claimJob } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
};

interface Stage {
  readonly api: InProcessApi;
  readonly client: ApiClient;
}

async function setup(): Promise<Stage> {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

async function answered({ api, client }: Stage, answer: object, key = 'key-1'): Promise<string> {
  const { id } = await client.submit(job, { 'idempotency-key': key });
  await claimJob(api, id);
  await answerJob(api, id, { ...answer });
  return id;
}

/** Objects of one kind on the disk, at any depth. */
function objectsOf({ api }: Stage, folder: string): readonly string[] {
  const path = join(api.dataDir, 'objects', folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.object'),
  );
}

const small = { object: 'chat.completion', choices: ['héllo'] };
/** Compresses to little, and is large all the same. */
const long = { text: 'x'.repeat(limits.shownResultBytesMax) };
/** Does not compress, so that it goes to the object store. */
const noise = { noise: randomBytes(300_000).toString('base64') };

describe('GET /v1/jobs/:id/result', () => {
  test.each([
    ['small', small],
    ['long', long],
    ['stored apart', noise],
  ])('gives an answer that is %s, byte by byte', async (_name, answer) => {
    const stage = await setup();
    const id = await answered(stage, answer);
    const result = await stage.client.call(`/v1/jobs/${id}/result`);
    expect(result.status).toBe(200);
    expect(result.headers.get('content-type')).toBe('application/json');
    expect(result.text).toBe(JSON.stringify(answer));
    const head = await stage.client.call(`/v1/jobs/${id}/result`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(result.text)));
  });

  test('stands instead of the answer where that is large, and only there', async () => {
    const stage = await setup();
    const inline = await stage.client.read(await answered(stage, small, 'a'));
    expect(inline.raw).toMatchObject({ result: small, result_url: null });
    for (const [key, answer] of Object.entries({ long, noise })) {
      const id = await answered(stage, answer, key);
      const { raw } = await stage.client.read(id);
      expect(raw).toMatchObject({ result: null, result_url: `/v1/jobs/${id}/result` });
    }
    const edge = { text: 'x'.repeat(limits.shownResultBytesMax - '{"text":""}'.length) };
    expect((await stage.client.read(await answered(stage, edge, 'edge'))).raw).toMatchObject({
      result: edge,
      result_url: null,
    });
  });

  test('says what is missing of a job without an answer', async () => {
    const { client, api } = await setup();
    const { id } = await client.submit(job);
    const waiting = await client.call(`/v1/jobs/${id}/result`);
    expect([waiting.status, waiting.json()]).toMatchObject([409, { code: 'job_not_ended' }]);
    await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const ended = await client.call(`/v1/jobs/${id}/result`);
    expect([ended.status, ended.json()]).toMatchObject([409, { code: 'no_result' }]);
    const foreign = await (await api.client('other')).call(`/v1/jobs/${id}/result`);
    expect(foreign.status).toBe(404);
  });
});

describe('DELETE /v1/jobs/:id', () => {
  const removal = { method: 'DELETE' };

  test('removes the job with all that was stored of it', async () => {
    const stage = await setup();
    const id = await answered(stage, noise);
    expect(objectsOf(stage, 'results')).toHaveLength(1);
    expect(await stage.client.call(`/v1/jobs/${id}`, removal)).toMatchObject({ status: 204 });
    expect(objectsOf(stage, 'results')).toEqual([]);
    for (const path of ['', '/result', '/events']) {
      expect((await stage.client.call(`/v1/jobs/${id}${path}`)).status, path).toBe(404);
    }
    expect((await stage.client.call('/v1/jobs')).json()).toMatchObject({ data: [] });
    expect((await stage.client.call(`/v1/jobs/${id}`, removal)).status).toBe(204);
  });

  test('refuses jobs that have not ended, and those of others', async () => {
    const { client, api } = await setup();
    const { id } = await client.submit(job);
    const live = await client.call(`/v1/jobs/${id}`, removal);
    expect([live.status, live.json()]).toMatchObject([409, { code: 'job_not_ended' }]);
    await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const other = await api.client('other');
    const missing = await other.call('/v1/jobs/job_01m82yqdy9f23sshx43senkmht', removal);
    const foreign = await other.call(`/v1/jobs/${id}`, removal);
    expect([foreign.status, foreign.json()]).toMatchObject([404, { code: 'not_found' }]);
    const about = (text: string): string => text.replace(/"(instance|request_id)":"[^"]*"/g, '');
    expect(about(foreign.text)).toBe(about(missing.text));
    expect((await client.read(id)).status).toBe('cancelled');
  });

  test('does not let the key of a deleted job make another one', async () => {
    const stage = await setup();
    const id = await answered(stage, small);
    await stage.client.call(`/v1/jobs/${id}`, removal);
    const headers = { 'idempotency-key': 'key-1' };
    const again = await stage.client.call('/v1/jobs', { body: job, headers });
    expect([again.status, again.json()]).toMatchObject([409, { code: 'job_deleted' }]);
    expect((await stage.client.call('/v1/jobs')).json()).toMatchObject({ data: [] });
  });
});
