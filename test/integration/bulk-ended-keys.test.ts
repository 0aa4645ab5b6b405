/** Bulk calls that outlive their key or are suspended with their tenant: they end, and say why. */
import { createManualClock } from '@forebay/shared/runtime/manual-clock';
import { createKey, revokeKey } from '@forebay/shared/tenants/manage-keys';
import { setTenantStatus } from '@forebay/shared/tenants/manage-tenants';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { type BulkAnswer, sendBulk } from '../support/bulk-client.ts';
import { bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

/** Sends one line at a time; the key is remembered until the test moves the clock. */
async function setup(expiresInMs?: number) {
  const callersClock = createManualClock();
  const api = await startInProcessApi(redis().url, config, { callersClock });
  const expiresAtMs = expiresInMs && callersClock.nowMs() + expiresInMs;
  const manage = { ...api.manage, clock: callersClock };
  const order = { tenant: testTenant, environment: 'test', settings: { expiresAtMs } };
  const { key, text } = await createKey(manage, order);
  const send = async (
    afterLine: (line: number) => Promise<unknown>,
    onError?: string,
  ): Promise<BulkAnswer> => {
    let replies = 0;
    async function* body(): AsyncGenerator<string> {
      for (const [index, row] of bulkRows(5).entries()) {
        yield ndjson([row]);
        if (onError !== 'atomic') {
          const isAnswered = (): boolean => replies > Math.min(index, 2);
          await waitUntil(isAnswered, { what: `the reply to line ${index + 1}` });
        }
        await afterLine(index + 1);
      }
    }
    return sendBulk({ url: api.url, key: text }, body(), {
      ...(onError === undefined ? {} : { onError }),
      onReply: (piece) => {
        replies += piece.match(/"line":/g)?.length ?? 0;
      },
    });
  };
  const storedJobs = () => api.store.client.zcard(api.store.keys.jobIndex(testTenant));
  return { api, manage, key, callersClock, send, storedJobs };
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
  test.each(ends)('%s goes on for five seconds and ends with %s', async (_what, code, end) => {
    const bundle = await setup();
    const answer = await bundle.send(async (line) => {
      if (line === 1) await end(bundle);
      if (line === 2) await bundle.callersClock.advance(5_000);
    });
    expect(answer.status).toBe(200);
    expect(answer.lines).toMatchObject([
      { line: 1, status: 'accepted' },
      { line: 2, status: 'accepted' },
      { line: 3, custom_id: 'row-3', status: 'rejected', error: { code } },
    ]);
    const summary = { outcome: 'aborted', aborted_at_line: 3, accepted: 2, rejected: 1 };
    expect(answer.summary).toMatchObject(summary);
    expect(await bundle.storedJobs()).toBe(2);
  });

  test('expires ends in that moment', async () => {
    const { callersClock, send, storedJobs } = await setup(3_000);
    const answer = await send(async (line) => {
      if (line === 2) await callersClock.advance(3_000);
    });
    const [, , last] = answer.lines;
    expect(last).toMatchObject({ status: 'rejected', error: { code: 'unauthorized' } });
    expect(answer.summary).toMatchObject({ outcome: 'aborted', accepted: 2, rejected: 1 });
    expect(await storedJobs()).toBe(2);
  });

  test.each(ends)('%s takes no line of an atomic one: %s', async (_what, code, end) => {
    const bundle = await setup();
    const refused = await bundle.send(async (line) => {
      if (line !== 4) return;
      // The key was accepted when the call began: that a line was sent says nothing of it.
      await waitUntil(async () => (await lastUse(bundle)) !== undefined, { what: 'its use' });
      await end(bundle);
      await bundle.callersClock.advance(5_000);
    }, 'atomic');
    expect(refused.status).toBe(code === 'unauthorized' ? 401 : 403);
    expect(JSON.parse(refused.text)).toMatchObject({ code });
    expect(await bundle.storedJobs()).toBe(0);
  });
});

async function lastUse({ manage, key }: Setup) {
  return (await manage.keys.read(key.keyId))?.lastUsedDay;
}
