/** Through the API an archived job reads exactly like a live one, byte by byte. */
import { randomBytes } from 'node:crypto';
import { type JobId, parseJobId } from '@forebay/shared/domain/ids';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { archiveJobs } from '../support/archive-jobs.ts';
import type { ApiClient } from '../support/http.ts';
import { answerJob, claimJob, failAttempt, showText } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { archiveIn, testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
  metadata: { team: 'é' },
  custom_id: 'row-1',
  webhook: { url: 'http://127.0.0.1:9/hook' },
};

interface Stage {
  readonly api: InProcessApi;
  readonly client: ApiClient;
}

async function setup(): Promise<Stage> {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

function parseId(id: string): JobId {
  const parsed = parseJobId(id);
  if (parsed === undefined) throw new Error(`${id} is no job id`);
  return parsed;
}

async function archive({ api }: Stage, id: string): Promise<void> {
  const segments = archiveIn(`${api.dataDir}/objects`);
  const refs = [{ tenant: testTenant, id: parseId(id) }];
  expect(await archiveJobs(api.store, segments, refs)).toEqual(['archived']);
}

/** Shows what can be shown of the running answer, and answers. */
async function shownAndAnswered(
  { api, client }: Stage,
  texts: readonly string[],
  isLast: boolean,
): Promise<string> {
  const { id } = await client.submit({ ...job, stream: true });
  await claimJob(api, id);
  await showText(api, id, { batch: 1, texts: ['never to be ended'] });
  await failAttempt(api, id);
  await claimJob(api, id);
  await showText(api, id, { batch: 1, texts, isLast });
  await answerJob(api, id, small);
  return id;
}

async function answered({ api, client }: Stage, answer: object): Promise<string> {
  const { id } = await client.submit(job, { 'idempotency-key': 'key-1' });
  await claimJob(api, id);
  await answerJob(api, id, { ...answer });
  return id;
}

const small = { object: 'chat.completion', choices: ['hello'] };
/** Does not compress, so that it goes to the object store. */
const large = { noise: randomBytes(300_000).toString('base64') };

const endings: readonly (readonly [string, (stage: Stage) => Promise<string>])[] = [
  ['succeeded', (stage) => answered(stage, small)],
  ['succeeded with a large answer', (stage) => answered(stage, large)],
  ['succeeded with its text', (stage) => shownAndAnswered(stage, ['hel', 'lo'], true)],
  ['succeeded with a part of its text', (stage) => shownAndAnswered(stage, ['hel'], false)],
  [
    'succeeded, and whose text is gone',
    async (stage) => {
      const { store } = stage.api;
      const id = await shownAndAnswered(stage, ['hel', 'lo'], true);
      await store.client.del(store.keys.job(testTenant, parseId(id)).deltas);
      return id;
    },
  ],
  [
    'been cancelled while it waited',
    async ({ client }) => {
      const { id } = await client.submit(job);
      await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      return id;
    },
  ],
  [
    'been cancelled while it ran',
    async ({ api, client }) => {
      const { id } = await client.submit(job);
      await claimJob(api, id);
      await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      await answerJob(api, id, small);
      return id;
    },
  ],
];

const shown = ['etag', 'content-type', 'retry-after', 'cache-control', 'content-length'];

async function readAll({ client }: Stage, id: string) {
  const known = { 'if-none-match': '"2"' };
  const change = { method: 'PATCH', body: { priority: 'bulk' }, headers: { 'if-match': '*' } };
  const events = (afterId: number) => `/v1/jobs/${id}/events?starting_after=${afterId}`;
  const told = await client.call(`/v1/jobs/${id}/events`);
  const eventIds = [...told.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  const answers = await Promise.all([
    client.call(`/v1/jobs/${id}`),
    client.call(`/v1/jobs/${id}`, { method: 'HEAD' }),
    client.call(`/v1/jobs/${id}?wait=5`, { headers: known }),
    client.call(`/v1/jobs/${id}/result`),
    client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' }),
    client.call(`/v1/jobs/${id}`, change),
    ...eventIds.map((eventId) => client.call(events(eventId))),
    client.call(events(7)),
    ...listings.map((query) => client.call(`/v1/jobs${query}`)),
  ]);
  return [told, ...answers].map(({ status, headers, text }) => ({
    status,
    text: text.replaceAll(/req_\w+/g, 'req_…'),
    headers: shown.map((name) => headers.get(name)),
  }));
}

const listings = [
  ...['', '?limit=1', '?model=alpha', '?model=beta&limit=1'],
  ...['?status=succeeded', '?status=cancelled', '?status=queued,succeeded&limit=2'],
];

describe('an archived job', () => {
  test.each(endings)('that has %s reads byte by byte as before', async (_name, end) => {
    const stage = await setup();
    // A list has others before and behind it, also of another model.
    await stage.client.submit({ ...job, model: 'beta' });
    const id = await end(stage);
    await stage.client.submit(job);
    const before = await readAll(stage, id);
    expect(before[0]?.status).toBe(200);
    expect(before[0]?.text).toMatch(/^event: job\./m);
    await archive(stage, id);
    expect(await readAll(stage, id)).toEqual(before);
  });

  test('is not modified for who knows its version, and foreign to other tenants', async () => {
    const stage = await setup();
    const id = await answered(stage, small);
    const etag = (await stage.client.call(`/v1/jobs/${id}`)).headers.get('etag') ?? '';
    await archive(stage, id);
    const again = await stage.client.call(`/v1/jobs/${id}`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const foreign = await (await stage.api.client('other')).call(`/v1/jobs/${id}`);
    expect(foreign.status).toBe(404);
  });

  test('is found again by its idempotency key, with its answer', async () => {
    const stage = await setup();
    const id = await answered(stage, small);
    await archive(stage, id);
    const replay = await stage.client.call('/v1/jobs', {
      body: job,
      headers: { 'idempotency-key': 'key-1' },
    });
    expect(replay.status).toBe(200);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.json()).toMatchObject({ id, status: 'succeeded', result: small });
    const changed = { ...job, max_cost_usd: '0.2' };
    const other = { body: changed, headers: { 'idempotency-key': 'key-1' } };
    expect((await stage.client.call('/v1/jobs', other)).status).toBe(422);
  });
});
