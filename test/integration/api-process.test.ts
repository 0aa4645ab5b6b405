import { crashPoints } from '@forebay/shared/runtime/crash-point';
import { describe, expect, test } from 'vitest';
import { sendBulk } from '../support/bulk-client.ts';
import { bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { startForebay } from '../support/forebay.ts';
import { createApiClient } from '../support/http.ts';
import { mainOf, startProcess } from '../support/processes.ts';
import { useRedis } from '../support/redis.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'canary-prompt' }], max_tokens: 10 },
};

async function setup() {
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: twoModels,
    scenario: twoModelsScenario,
  });
  const start = async (extra: Readonly<Record<string, string>> = {}) => {
    const api = await forebay.startApi(extra);
    return { ...api, client: createApiClient({ url: api.url, key: forebay.apiKey }) };
  };
  return { forebay, start };
}

describe('an api process', () => {
  test('answers who waits and leaves with 0 when it is stopped, and logs no content', async () => {
    const { forebay, start } = await setup();
    const { client, process, adminUrl } = await start();
    const { id } = await client.submit({ ...job, metadata: { team: 'canary-metadata' } });
    const poll = client.call(`/v1/jobs/${id}?wait=50`);
    const waits = async (): Promise<boolean> => {
      const answer = await fetch(`${adminUrl}/metrics`);
      return /^forebay_job_waiters 1$/m.test(await answer.text());
    };
    await waitUntil(waits, { what: 'a waiter' });
    await process.kill('SIGTERM');
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect((await poll).status).toBe(200);
    expect(process.output()).toContain('"route":"/v1/jobs/:id"');
    for (const secret of ['canary', forebay.apiKey, forebay.adminKey]) {
      expect(process.output()).not.toContain(secret);
    }
  });

  test.each(crashPoints.filter((point) => /^api\.(before|after)-(admit|ticket)$/.test(point)))(
    'killed at %s, the same key gives one job that still ends',
    async (point) => {
      const { forebay, start } = await setup();
      const headers = { 'idempotency-key': 'order-1' };
      const first = await start({ FOREBAY_CRASH_AT: point });
      await expect(first.client.submit(job, headers)).rejects.toThrow();
      expect((await first.process.exited).signal).toBe('SIGKILL');
      const { client } = await start();
      const [one, two] = [await client.submit(job, headers), await client.submit(job, headers)];
      expect(two.id).toBe(one.id);
      await forebay.startWorker('w1');
      expect((await client.readEnded(one.id)).status).toBe('succeeded');
    },
  );

  test.each(crashPoints.filter((point) => /^api\..*-bulk-/.test(point)))(
    'killed at %s, a bulk call that is sent again makes each job once',
    async (point) => {
      const { forebay, start } = await setup();
      const body = ndjson(bulkRows(300));
      const first = await start({ FOREBAY_CRASH_AT: `${point}:2` });
      const broken = await sendBulk({ url: first.url, key: forebay.apiKey }, body);
      expect(broken.summary).toBeUndefined();
      expect((await first.process.exited).signal).toBe('SIGKILL');
      const { client, url } = await start();
      const whole = await sendBulk({ url, key: forebay.apiKey }, body);
      expect(whole.summary).toMatchObject({ lines: 300, rejected: 0, outcome: 'completed' });
      expect(whole.summary?.duplicates).toBeGreaterThanOrEqual(broken.lines.length);
      const ids = whole.lines.map(({ id }) => id ?? '');
      expect(new Set(ids).size).toBe(300);
      expect(ids.slice(0, broken.lines.length)).toEqual(broken.lines.map(({ id }) => id));
      await forebay.startWorker('w1');
      const some = ids.filter((_, index) => index % 15 === 0);
      const ends = await Promise.all(some.map((id) => client.readEnded(id)));
      expect(ends.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    },
  );

  test('killed after a cancellation, the job stays cancelled', async () => {
    const { start } = await setup();
    const first = await start({ FOREBAY_CRASH_AT: 'api.after-cancel' });
    const { id } = await first.client.submit(job);
    await expect(first.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' })).rejects.toThrow();
    const { client } = await start();
    expect((await client.read(id)).status).toBe('cancelled');
  });

  test('killed after a change, the job keeps it, and its new ticket comes', async () => {
    const { forebay, start } = await setup();
    const first = await start({ FOREBAY_CRASH_AT: 'api.after-change' });
    const { id } = await first.client.submit(job);
    const headers = { 'if-match': '"1"' };
    const change = { method: 'PATCH', body: { priority: 'urgent' }, headers };
    await expect(first.client.call(`/v1/jobs/${id}`, change)).rejects.toThrow();
    const { client } = await start();
    expect((await client.read(id)).raw).toMatchObject({ priority: 0, version: 2 });
    await forebay.startWorker('w1');
    expect((await client.readEnded(id)).status).toBe('succeeded');
  });

  test('killed after a deletion, the job is gone and the call can be repeated', async () => {
    const { start } = await setup();
    const first = await start({ FOREBAY_CRASH_AT: 'api.after-delete' });
    const { id } = await first.client.submit(job);
    await first.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const removal = { method: 'DELETE' };
    await expect(first.client.call(`/v1/jobs/${id}`, removal)).rejects.toThrow();
    const { client } = await start();
    expect((await client.call(`/v1/jobs/${id}`)).status).toBe(404);
    expect((await client.call(`/v1/jobs/${id}`, removal)).status).toBe(204);
  });

  test('does not start without its secrets, and names each', async () => {
    const { forebay } = await setup();
    const missing = { FOREBAY_KEY_PEPPER: '', FOREBAY_ADMIN_KEY: '', FOREBAY_WEBHOOK_SECRET: '' };
    const env = { ...forebay.env, ...missing };
    const api = startProcess({ name: 'api', args: [mainOf('api')], env });
    expect((await api.exited).code).toBe(2);
    expect(api.output()).toMatch(
      /FOREBAY_KEY_PEPPER[\s\S]*FOREBAY_ADMIN_KEY[\s\S]*FOREBAY_WEBHOOK_SECRET/,
    );
  });
});
