/** Operators hold models and tenants while jobs wait, with real processes. */
import { expect, test } from 'vitest';
import { monitorUrl, startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { listMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { scrape } from '../support/scrape.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

function jobOf(model: string) {
  const body = { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 };
  return { kind: 'chat.completions', model, body };
}

async function setup() {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const api = await forebay.startApi();
  const operator = createApiClient({ url: api.adminUrl, key: forebay.adminKey });
  return {
    forebay,
    client: createApiClient({ url: api.url, key: forebay.apiKey }),
    hold: async (what: string, verb: string): Promise<unknown> => {
      const path = `/admin/v1/${what}/${verb}`;
      const answer = await operator.call(path, { method: 'POST' });
      expect(answer.status, answer.text).toBe(200);
      return answer.json();
    },
    models: async () => listMember((await operator.call('/admin/v1/models')).json(), 'data'),
  };
}

test('jobs of a paused model wait, and run once it is resumed', async () => {
  const { forebay, client, hold, models } = await setup();
  expect(await hold('models/beta', 'pause')).toMatchObject({ id: 'beta', status: 'paused' });
  const worker = await forebay.startWorker('worker', { WORKER_METRICS_PORT: '0' });
  const job = await client.submit(jobOf('beta'));
  const denied = async (): Promise<boolean> =>
    (await scrape(monitorUrl(worker))).sum('forebay_permits_denied_total', { scarce: 'held' }) > 0;
  await waitUntil(denied, { what: 'a ticket to be sent back' });
  expect((await client.read(job.id)).status).toBe('queued');
  expect(await models()).toMatchObject([
    { id: 'alpha', status: 'open' },
    { id: 'beta', status: 'paused', running: 0 },
  ]);
  expect(await hold('models/beta', 'resume')).toMatchObject({ status: 'open' });
  expect((await client.readEnded(job.id)).raw).toMatchObject({
    status: 'succeeded',
    model: 'beta',
  });
}, 60_000);

test('jobs leave a drained model where another one can take them', async () => {
  const { forebay, client, hold } = await setup();
  // `alpha` falls back to `beta`, and `beta` to nothing.
  const movable = [await client.submit(jobOf('alpha')), await client.submit(jobOf('alpha'))];
  const bound = await client.submit(jobOf('beta'));
  await hold('models/alpha', 'drain');
  await forebay.startWorker('worker');
  const ended = await readAllEnded(
    client,
    movable.map(({ id }) => id),
  );
  expect(ended.map(({ raw }) => [raw['status'], raw['model']])).toEqual([
    ['succeeded', 'beta'],
    ['succeeded', 'beta'],
  ]);
  expect((await client.readEnded(bound.id)).status).toBe('succeeded');
  await hold('models/beta', 'drain');
  const stays = await client.submit(jobOf('beta'));
  await hold('models/beta', 'resume');
  expect((await client.readEnded(stays.id)).raw).toMatchObject({ model: 'beta' });
}, 60_000);

test('jobs of a paused tenant wait, and run once it is resumed', async () => {
  const { forebay, client, hold } = await setup();
  expect(await hold('tenants/dev', 'pause')).toMatchObject({ paused: true });
  const job = await client.submit(jobOf('alpha'));
  await forebay.startWorker('worker');
  const held = async (): Promise<boolean> => {
    const { raw } = await client.read(job.id);
    return JSON.stringify(raw['status_reason']).includes('paused');
  };
  await waitUntil(held, { what: 'the job to say why it waits' });
  expect((await client.read(job.id)).status).toBe('queued');
  await hold('tenants/dev', 'resume');
  expect((await client.readEnded(job.id)).status).toBe('succeeded');
}, 60_000);
