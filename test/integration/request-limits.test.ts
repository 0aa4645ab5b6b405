/** How many requests a key may send, over several api processes and while the store is away. */
import { createRequestLimiter } from '@forebay/api/http/limit-requests';
import { tenantWithoutRecord } from '@forebay/shared/domain/tenant';
import { unrestrictedKey } from '@forebay/shared/ports/key-store';
import type { RequestRate } from '@forebay/shared/ports/request-rate';
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { setInFlightMax } from '@forebay/shared/tenants/in-flight';
import { intakeGrants } from '@forebay/shared/tenants/intake-grants';
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

function callerWith(requestsPerMinute: number | undefined) {
  return {
    ...{ keyId: 'key-1', payerKeyId: 'key-1', tenant: testTenant },
    ...{ scopes: unrestrictedKey.scopes, isSuspended: false },
    ...{ requestsPerMinute, inFlightMax: undefined },
    grants: intakeGrants(unrestrictedKey, tenantWithoutRecord(testTenant)),
  };
}

describe('requests of a key', () => {
  test('are as many as allowed over two processes, and headers tell it', async () => {
    const first = await startInProcessApi(redis().url, config);
    const { namespace } = first.store;
    const second = await startInProcessApi(redis().url, config, { namespace });
    const settings = { requestsPerMinute: 20, queuedMax: 5 };
    const order = { tenant: testTenant, environment: 'test', settings };
    const { text: key } = await createKey(first.manage, order);
    const calls = [first, second].flatMap(({ url }) => {
      const client = createApiClient({ url, key });
      return Array.from({ length: 30 }, () => client.call('/v1/models'));
    });
    const answers = await Promise.all(calls);
    const good = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([good.length, refused.length]).toEqual([20, 40]);
    const left = good.map(({ headers }) => Number(headers.get('x-ratelimit-remaining-requests')));
    expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
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

  test('are counted by each process alone while the store is away or slow', async () => {
    const clock = createManualClock();
    const errors: unknown[] = [];
    const never = new Promise<never>(() => {});
    let isSlow = false;
    const rate: RequestRate = {
      take: () => (isSlow ? never : Promise.reject(new Error('the store is away'))),
    };
    const onError = (error: unknown): void => void errors.push(error);
    const places = { of: () => undefined };
    const limiter = createRequestLimiter({ rate, places, clock, onError });
    const take = () => limiter.take(callerWith(2));
    const isRefused = async () => (await take()).refusal !== undefined;
    expect([await isRefused(), await isRefused(), await isRefused()]).toEqual([false, false, true]);
    expect(errors).toHaveLength(3);
    isSlow = true;
    const waiting = isRefused();
    await clock.advance(400);
    expect(await waiting).toBe(true);
    await clock.advance(60_000);
    const later = isRefused();
    await clock.advance(400);
    expect(await later).toBe(false);
    expect(await limiter.take(callerWith(undefined))).toEqual({ headers: {}, refusal: undefined });
  });
});
