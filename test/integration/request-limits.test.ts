/** How many requests a key may send, over several api processes. */
import { setInFlightMax } from '@forebay/shared/tenants/in-flight';
import { createKey } from '@forebay/shared/tenants/manage-keys';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { createApiClient } from '../support/http.ts';
import { claimJob } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant, useStore } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

describe('requests of a key', () => {
  test('are as many as allowed over two processes, and headers tell it', async () => {
    const first = await startInProcessApi(redis().url, config);
    const { namespace } = first.store;
    const second = await startInProcessApi(redis().url, config, { namespace });
    const settings = { requestsPerMinute: 20, queuedMax: 5 };
    const order = { tenant: testTenant, environment: 'test', settings };
    const { text: key } = await createKey(first.manage, order);
    const clients = [first, second].map(({ url }) => createApiClient({ url, key }));
    // One after the other, so that each process has reached the store before many ask at once: one
    // that waits for it too long counts by itself.
    const left: (string | null)[] = [];
    for (const client of [...clients, ...clients]) {
      const { headers } = await client.call('/v1/models');
      left.push(headers.get('x-ratelimit-remaining-requests'));
    }
    expect(left).toEqual(['19', '18', '17', '16']);
    const calls = clients.flatMap((client) =>
      Array.from({ length: 20 }, () => client.call('/v1/models')),
    );
    const answers = await Promise.all(calls);
    const good = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([good.length, refused.length]).toEqual([16, 24]);
    const [one] = refused;
    expect(one?.json()).toMatchObject({ code: 'key_limit_exceeded' });
    const seconds = Number(one?.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(one?.headers.get('ratelimit')).toMatch(`"requests";r=0;t=${seconds}`);
    const policy = '"requests";q=20;w=60, "queued-jobs";q=5';
    expect(one?.headers.get('ratelimit-policy')).toBe(policy);
    expect(one?.headers.get('x-ratelimit-limit-requests')).toBe('20');
    expect(one?.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|5\ds)$/);
    const free = await (await first.client('dev')).call('/v1/models');
    expect(free.headers.get('ratelimit-policy')).toBeNull();
  });

  test('come with how many more jobs may wait and run', async () => {
    const api = await startInProcessApi(redis().url, config);
    const order = { tenant: testTenant, environment: 'test', settings: { queuedMax: 5 } };
    const { key, text } = await createKey(api.manage, order);
    const subject = { kind: 'key', keyId: key.payerKeyId } as const;
    await setInFlightMax(api.store.terms, { tenant: testTenant, subject }, { max: 3 });
    const client = createApiClient({ url: api.url, key: text });
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push((await client.submit(job)).id);
    await claimJob(api, ids[0] ?? '');
    const told = await waitUntil(
      async () => {
        const { headers } = await client.call('/v1/models');
        return headers.get('ratelimit') === '"queued-jobs";r=3, "in-flight-jobs";r=2' && headers;
      },
      { what: 'the figures of the last second' },
    );
    expect(Object.fromEntries(told)).toMatchObject({
      'ratelimit-policy': '"queued-jobs";q=5, "in-flight-jobs";q=3',
      'x-ratelimit-limit-queued-jobs': '5',
      'x-ratelimit-remaining-queued-jobs': '3',
      'x-ratelimit-limit-in-flight-jobs': '3',
      'x-ratelimit-remaining-in-flight-jobs': '2',
    });
  });

  test('never pass the limit within any window, wherever it begins', async () => {
    const store = await useStore(redis().url);
    const { requestRate } = store;
    const limit = { max: 4, windowMs: 60_000 };
    const takeAll = async () => {
      const answers = [1, 2, 3, 4, 5].map(() => requestRate.take('key-1', limit));
      return (await Promise.all(answers)).filter(({ isTaken }) => isTaken).length;
    };
    await requestRate.take('key-1', limit);
    store.advance(59_000);
    expect(await takeAll()).toBe(3);
    store.advance(1_500);
    expect(await takeAll()).toBe(1);
    store.advance(58_000);
    expect(await takeAll()).toBe(0);
    expect(await requestRate.take('key-2', limit)).toMatchObject({ isTaken: true, left: 3 });
    store.advance(60_000);
    expect(await takeAll()).toBe(4);
  });
});
