/** Calls that outlive their key or are suspended with their tenant: they end, and say why. */
import { once } from 'node:events';
import { request } from 'node:http';
import { createManualClock, type ManualClock } from '@forebay/shared/runtime/manual-clock';
import { createKey, revokeKey } from '@forebay/shared/tenants/manage-keys';
import { setTenantStatus } from '@forebay/shared/tenants/manage-tenants';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { type BulkAnswer, sendBulk } from '../support/bulk-client.ts';
import { bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { readEvents } from '../support/sse-client.ts';
import { testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

/** Five seconds, in which the api looks at the keys of open calls. */
async function fiveSeconds(clock: ManualClock): Promise<void> {
  for (let second = 0; second < 5; second += 1) {
    await clock.advance(1_000);
    await waitUntil(() => clock.pending() === 1, { what: 'the look to be over', intervalMs: 1 });
  }
}

/** The key is remembered until the test moves the clock. Bulk lines are sent one at a time. */
async function setup(expiresInMs?: number) {
  const callersClock = createManualClock();
  const api = await startInProcessApi(redis().url, config, { callersClock });
  const expiresAtMs = expiresInMs && callersClock.nowMs() + expiresInMs;
  const manage = { ...api.manage, clock: callersClock };
  const order = { tenant: testTenant, environment: 'test', settings: { expiresAtMs } };
  const { key, text } = await createKey(manage, order);
  const client = createApiClient({ url: api.url, key: text });
  const send = async (
    afterLine: (line: number) => Promise<unknown>,
    onError?: string,
  ): Promise<BulkAnswer> => {
    let heard = '';
    async function* body(): AsyncGenerator<string> {
      for (const [index, row] of bulkRows(5).entries()) {
        yield ndjson([row]);
        const isOver = (): boolean => heard.includes('"summary"');
        if (onError !== 'atomic') {
          const isAnswered = () => isOver() || heard.includes(`"line":${index + 1},`);
          await waitUntil(isAnswered, { what: `the reply to line ${index + 1}` });
        }
        await afterLine(index + 1);
      }
    }
    return sendBulk({ url: api.url, key: text }, body(), {
      ...(onError === undefined ? {} : { onError }),
      onReply: (piece) => {
        heard += piece;
      },
    });
  };
  const storedJobs = () => api.store.client.zcard(api.store.keys.jobIndex(testTenant));
  return { api, manage, key, text, client, callersClock, send, storedJobs };
}

type Setup = Awaited<ReturnType<typeof setup>>;

const ends = [
  ['was revoked', 'unauthorized', ({ manage, key }: Setup) => revokeKey(manage, key)],
  [
    'belongs to a tenant that was suspended',
    'tenant_suspended',
    ({ manage }: Setup) => setTenantStatus(manage, testTenant, 'suspended'),
  ],
] as const;

describe('a bulk call whose key', () => {
  test.each(ends)('%s ends within five seconds with %s', async (_what, code, end) => {
    const bundle = await setup();
    const answer = await bundle.send(async (line) => {
      if (line === 1) await end(bundle);
      if (line === 2) await fiveSeconds(bundle.callersClock);
    });
    expect(answer.status).toBe(200);
    expect(answer.lines).toMatchObject([
      { line: 1, status: 'accepted' },
      { line: 2, status: 'accepted' },
    ]);
    expect(answer.summary).toEqual({
      ...{ batch_id: expect.any(String), lines: 2, accepted: 2, duplicates: 0, rejected: 0 },
      ...{ outcome: 'aborted', error: { code, detail: expect.any(String) } },
    });
    expect(await bundle.storedJobs()).toBe(2);
  });

  test('expires ends in that moment', async () => {
    const { callersClock, send, storedJobs } = await setup(3_000);
    const answer = await send(async (line) => {
      if (line === 2) await callersClock.advance(3_000);
    });
    const error = { code: 'unauthorized' };
    expect(answer.summary).toMatchObject({ outcome: 'aborted', accepted: 2, rejected: 0, error });
    expect(await storedJobs()).toBe(2);
  });

  test.each(ends)('%s takes no line of an atomic one: %s', async (_what, code, end) => {
    const bundle = await setup();
    const refused = await bundle.send(async (line) => {
      if (line !== 4) return;
      // The key was accepted when the call began: that a line was sent says nothing of it.
      await waitUntil(async () => (await lastUse(bundle)) !== undefined, { what: 'its use' });
      await end(bundle);
      await fiveSeconds(bundle.callersClock);
    }, 'atomic');
    expect(refused.status).toBe(code === 'unauthorized' ? 401 : 403);
    expect(JSON.parse(refused.text)).toMatchObject({ code });
    expect(await bundle.storedJobs()).toBe(0);
  });
});

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
};

describe('a call that waits, of a key that', () => {
  test('was revoked, ends within five seconds, whatever it waits for', async () => {
    const { client, api, text: key, manage, key: stored, callersClock } = await setup();
    const { id } = await client.submit(job);
    let isOpen = false;
    const onOpen = (): void => {
      isOpen = true;
    };
    const events = readEvents({ url: `${api.url}/v1/jobs/${id}/events`, key, onOpen });
    const read = client.call(`/v1/jobs/${id}?wait=50`);
    const headers = { prefer: 'wait=50' };
    const submitted = client.call('/v1/jobs', { body: job, headers });
    const estimate = await openEstimate(api.url, key);
    await waitUntil(async () => isOpen && (await waiting(api)) === 2, { what: 'all to wait' });
    await revokeKey(manage, stored);
    await fiveSeconds(callersClock);
    expect((await read).status).toBe(401);
    expect((await read).json()).toMatchObject({ code: 'unauthorized' });
    // The job was taken in: that its sender may not wait any more does not undo it.
    expect((await submitted).status).toBe(202);
    const { isEnded, text } = await events;
    expect(isEnded).toBe(true);
    expect(text).toMatch(/\n\nevent: error\ndata: {"code":"unauthorized","detail":"[^\n]+"}\n\n$/);
    const summary = { lines: 1, estimated: 1, error: { code: 'unauthorized' } };
    expect(JSON.parse((await estimate.answer).split('\n')[1] ?? '')).toMatchObject({ summary });
  });

  test('is only suspended with its tenant, goes on: it may read', async () => {
    const { client, manage, callersClock } = await setup();
    const { id } = await client.submit(job);
    const read = client.call(`/v1/jobs/${id}?wait=50`);
    await setTenantStatus(manage, testTenant, 'suspended');
    await fiveSeconds(callersClock);
    expect((await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200);
    expect((await read).json()).toMatchObject({ id, status: 'cancelled' });
  });
});

/** Sends one line and leaves the body open; gives all that is answered. */
async function openEstimate(url: string, key: string) {
  const outgoing = request(`${url}/v1/estimate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    agent: false,
  });
  outgoing.write(`${JSON.stringify(job)}\n`);
  const [response] = await once(outgoing, 'response');
  const chunks: string[] = [];
  response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const answer = once(response, 'end').then(() => chunks.join(''));
  await waitUntil(() => chunks.length > 0, { what: 'the first line to be estimated' });
  return { answer };
}

async function waiting(api: Setup['api']): Promise<number> {
  const metrics = await fetch(`${api.adminUrl}/metrics`);
  return Number(/^forebay_job_waiters (\d+)$/m.exec(await metrics.text())?.[1]);
}

async function lastUse({ manage, key }: Setup) {
  return (await manage.keys.read(key.keyId))?.lastUsedDay;
}
