import { isJsonObject } from '@forebay/shared/domain/json';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { answerJob, claimJob } from '../support/play-worker.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { newJob, plainSpec, tenantNamed } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
};

async function setup(): Promise<{ api: InProcessApi; client: ApiClient }> {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

interface Page {
  readonly ids: readonly string[];
  readonly next: string | undefined;
}

async function listPage(client: ApiClient, query: Record<string, string>): Promise<Page> {
  const answer = await client.call(`/v1/jobs?${new URLSearchParams(query).toString()}`);
  expect(answer.status, answer.text).toBe(200);
  const body = answer.json();
  expect(body).toMatchObject({ object: 'list' });
  const ids = listMember(body, 'data').map((entry) => textMember(entry, 'id'));
  const hasMore = isJsonObject(body) && body['has_more'] === true;
  if (!hasMore) expect(body).toMatchObject({ has_more: false, next: null });
  return { ids, next: hasMore ? textMember(body, 'next') : undefined };
}

/** All ids of a walk; `between` runs after each page. */
async function walk(
  client: ApiClient,
  query: Record<string, string>,
  between: (page: Page) => Promise<void> = async () => undefined,
): Promise<{ readonly ids: readonly string[]; readonly pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  let after: string | undefined;
  do {
    const page = await listPage(client, after === undefined ? query : { ...query, after });
    ids.push(...page.ids);
    pages += 1;
    await between(page);
    after = page.next;
  } while (after !== undefined);
  return { ids, pages };
}

/** Admits through the store, which is quicker than 2,000 requests. */
async function admitMany(api: InProcessApi, count: number, model = 'alpha'): Promise<string[]> {
  const group = Array.from({ length: count }, () =>
    newJob({ model, tenant: tenantNamed('dev'), spec: { ...plainSpec, batchId: 'bulk_x' } }),
  );
  await api.store.jobs.admitGroup({ jobs: group, onRefusal: 'each' });
  return group.map(({ id }) => id);
}

describe('GET /v1/jobs', () => {
  test('shows the caller’s own jobs, newest first, without their answers', async () => {
    const { api, client } = await setup();
    expect(await listPage(client, {})).toEqual({ ids: [], next: undefined });
    const first = await client.submit({ ...job, metadata: { n: '1' } });
    await claimJob(api, first.id);
    await answerJob(api, first.id, { text: 'an answer' });
    const second = await client.submit(job);
    const other = await api.client('other');
    await other.submit(job);
    const answer = await client.call('/v1/jobs');
    expect(answer.text).not.toContain('an answer');
    const data = listMember(answer.json(), 'data');
    expect(data).toMatchObject([
      { id: second.id, status: 'queued', batch_id: null, retry_of: null },
      { id: first.id, status: 'succeeded', result: null, metadata: { n: '1' } },
    ]);
    expect((await listPage(other, {})).ids).toHaveLength(1);
  });

  test('shows each job once while others come and go during the walk', async () => {
    const { api, client } = await setup();
    const made = await admitMany(api, 250);
    const gone = new Set<string>();
    const { ids } = await walk(client, { limit: '20' }, async (page) => {
      await admitMany(api, 5);
      // The last one shown, which the cursor names, and one that was still to come.
      const next = made[made.indexOf(page.ids.at(-1) ?? '') - 3];
      for (const id of [page.ids.at(-1), next]) {
        if (id === undefined) continue;
        gone.add(id);
        const { store } = api;
        await store.client.del(`${store.keys.jobPrefix(tenantNamed('dev'))}${id}`);
      }
    });
    expect(new Set(ids).size).toBe(ids.length);
    const expected = made.filter((id) => !gone.has(id) || ids.includes(id)).toReversed();
    expect(ids).toEqual(expected);
    expect(expected.length).toBeGreaterThan(230);
  });

  test('finds a rare job among two thousand with bounded work for each page', async () => {
    const { api, client } = await setup();
    const [rare = ''] = await admitMany(api, 1, 'beta');
    await admitMany(api, 1_000);
    await admitMany(api, 1_000);
    const { ids, pages } = await walk(client, { model: 'beta' });
    expect(ids).toEqual([rare]);
    expect(pages).toBe(3);
    const batch = await walk(client, { batch: 'bulk_x', limit: '100' });
    expect(batch.ids).toHaveLength(2_001);
    expect(batch.pages).toBe(21);
  });

  test('filters by several states and by time', async () => {
    const { api, client } = await setup();
    const running = await client.submit(job);
    await claimJob(api, running.id);
    const queued = await client.submit(job);
    const cancelled = await client.submit(job);
    await client.call(`/v1/jobs/${cancelled.id}/cancel`, { method: 'POST' });
    expect((await listPage(client, { status: 'running,cancelled' })).ids).toEqual([
      cancelled.id,
      running.id,
    ]);
    const at = String(queued.raw['created_at']);
    const since = await listPage(client, { created_after: at });
    expect(since.ids).toContain(queued.id);
    expect((await listPage(client, { created_before: at })).ids).not.toContain(queued.id);
    const past = String(Math.floor(Date.parse(at) / 1000) - 60);
    expect((await listPage(client, { created_after: past })).ids).toHaveLength(3);
    expect((await listPage(client, { created_before: past })).ids).toEqual([]);
  });

  test('refuses cursors of other filters, other tenants and nobody', async () => {
    const { api, client } = await setup();
    await admitMany(api, 3);
    const { next = '' } = await listPage(client, { limit: '1', status: 'queued' });
    const refusal = async (caller: ApiClient, query: Record<string, string>) => {
      const answer = await caller.call(`/v1/jobs?${new URLSearchParams(query).toString()}`);
      const body = answer.json();
      const [code, detail] = [textMember(body, 'code'), textMember(body, 'detail')];
      return { status: answer.status, code, detail };
    };
    const garbage = await refusal(client, { status: 'queued', after: 'garbage' });
    expect(garbage).toMatchObject({ status: 400, code: 'invalid_cursor' });
    const other = await api.client('other');
    expect(await refusal(other, { status: 'queued', after: next })).toEqual(garbage);
    const changed = await refusal(client, { after: next });
    expect(changed).toMatchObject({ status: 400, code: 'invalid_cursor' });
    expect(changed.detail).toMatch(/other filters/);
    expect(
      (await listPage(client, { limit: '50', status: 'queued', after: next })).ids,
    ).toHaveLength(2);
  });

  test('refuses what it does not know, and needs the scope to read', async () => {
    const { api, client } = await setup();
    for (const query of ['limit=-1', 'limit=0', 'limit=many', 'status=done', 'statsu=queued']) {
      const answer = await client.call(`/v1/jobs?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(answer.json()).toMatchObject({ code: 'invalid_request' });
    }
    const writer = await api.client('dev', ['jobs:write']);
    expect((await writer.call('/v1/jobs')).status).toBe(403);
  });
});
