/** `PATCH /v1/jobs/{id}`: what changes, what is refused, and where the ticket goes. */
import { parseJobId, ticketId } from '@forebay/shared/domain/ids';
import { formatUsd } from '@forebay/shared/domain/money';
import { createTicketQueues } from '@forebay/shared/queue/ticket-queues';
import { systemClock } from '@forebay/shared/runtime/clock';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient, HttpAnswer } from '../support/http.ts';
import { claimJob, failAttempt, readRecord } from '../support/play-worker.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
};

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

type Patch = (body: unknown, tag?: string) => Promise<HttpAnswer>;

/** Changes a job, of any version unless one is named. */
function patchOf(client: ApiClient, id: string): Patch {
  return (body, tag = '*') =>
    client.call(`/v1/jobs/${id}`, { method: 'PATCH', body, headers: { 'if-match': tag } });
}

function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

async function placeOf(api: InProcessApi, id: string, fence: number) {
  const known = parseJobId(id);
  if (known === undefined) throw new Error(`${id} is no job id`);
  return api.store.lanes.place('alpha', ticketId(known, fence));
}

/** More than the window holds: 2 × concurrency are 40. */
async function submitMany(client: ApiClient, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await client.submit(job)).id);
  return ids;
}

describe('a change', () => {
  test('of a waiting job shows in the answer, in its version and on its events', async () => {
    const { client } = await setup();
    const { id } = await client.submit({ ...job, max_cost_usd: '0.1' });
    const deadlineAt = inSeconds(900);
    const change = { priority: 'bulk', deadline_at: deadlineAt, max_cost_usd: 0.25 };
    const answer = await patchOf(client, id)(change, '"1"');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"2"');
    const changed = { status: 'queued', version: 2, priority: 9, deadline_at: deadlineAt };
    expect(answer.json()).toMatchObject({ ...changed, cost: { ceiling: '0.25' } });
    expect((await client.read(id)).raw).toMatchObject(changed);
    await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    const events = await client.call(`/v1/jobs/${id}/events`);
    expect(events.text).toContain('"status":"queued","reason":"changed","model":"alpha"');
  });

  test('counts a timeout from now, and from the start of a scheduled job', async () => {
    const { api, client } = await setup();
    const waiting = await client.submit(job);
    const later = await client.submit({ ...job, run_at: inSeconds(3_600) });
    const nowMs = await api.store.jobs.nowMs();
    await patchOf(client, waiting.id)({ timeout_seconds: 60 });
    await patchOf(client, later.id)({ timeout_seconds: 60 });
    const deadline = (await readRecord(api, waiting.id)).deadlineAtMs;
    expect(Math.abs(deadline - nowMs - 60_000)).toBeLessThan(5_000);
    const { runAtMs = 0, deadlineAtMs } = await readRecord(api, later.id);
    expect(deadlineAtMs - runAtMs).toBe(60_000);
  });

  test('that is sent again after its answer was lost is answered like the first time', async () => {
    const { client } = await setup();
    const { id } = await client.submit(job);
    const first = await patchOf(client, id)({ priority: 0, max_cost_usd: '0.5' }, '"1"');
    const again = await patchOf(client, id)({ max_cost_usd: '0.5', priority: 0 }, '"1"');
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers.get('etag')).toBe('"2"');
    expect((await patchOf(client, id)({ priority: 1 }, '"1"')).status).toBe(412);
  });

  test('of a running job leaves it to its worker and holds for its next attempt', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    const fence = await claimJob(api, id);
    const answer = await patchOf(client, id)({ priority: 0, timeout_seconds: 600 });
    expect(answer.json()).toMatchObject({ status: 'running', priority: 0 });
    expect((await readRecord(api, id)).fence).toBe(fence);
    await failAttempt(api, id);
    expect((await client.read(id)).raw).toMatchObject({ status: 'queued', priority: 0 });
  });
});

describe('the ticket of a job that waits', () => {
  test('moves up in the backlog with a higher priority, and stands there once', async () => {
    const { api, client } = await setup();
    const ids = await submitMany(client, 44);
    const last = ids.at(-1) ?? '';
    expect(await placeOf(api, last, 1)).toMatchObject({ place: 'backlog', ahead: 43 });
    const answer = await patchOf(client, last)({ priority: 'urgent' }, '"1"');
    // Who stands in the window is less urgent, and so begins later.
    expect(answer.json()).toMatchObject({ queue_position: 0 });
    expect((await placeOf(api, last, 1)).place).toBe('none');
    expect(await placeOf(api, last, 2)).toMatchObject({ place: 'backlog', ahead: 0 });
    expect((await api.store.lanes.live('alpha', [])).waiting).toBe(44);
  });

  test('leaves the window for a lower priority while others wait', async () => {
    const { api, client } = await setup();
    const queue = createTicketQueues({
      ...{ client: api.store.client, namespace: api.store.namespace, clock: systemClock },
      onError: (error) => {
        throw error;
      },
    });
    onTestFinished(() => queue.close());
    const [first = ''] = await submitMany(client, 42);
    expect((await placeOf(api, first, 1)).place).toBe('window');
    expect(await queue.find('alpha', `${first}-1`)).toEqual({ kind: 'waits' });
    await patchOf(client, first)({ priority: 'bulk' });
    expect(await queue.find('alpha', `${first}-1`)).toEqual({ kind: 'absent' });
    expect((await placeOf(api, first, 1)).place).toBe('none');
    expect((await placeOf(api, first, 2)).place).toBe('backlog');
    expect((await api.store.lanes.live('alpha', [])).waiting).toBe(42);
  });

  test('keeps its place when only the ceiling changes', async () => {
    const { api, client } = await setup();
    const { id } = await client.submit(job);
    await patchOf(client, id)({ max_cost_usd: '1' }, '"1"');
    expect((await placeOf(api, id, 1)).place).toBe('window');
  });
});

describe('refused, and nothing is changed:', () => {
  async function expectRefused(
    { api, client }: Awaited<ReturnType<typeof setup>>,
    id: string,
    call: { readonly body: unknown; readonly tag?: string },
  ): Promise<unknown> {
    const before = await readRecord(api, id);
    const answer = await patchOf(client, id)(call.body, call.tag);
    expect(await readRecord(api, id)).toEqual(before);
    return answer.json();
  }

  test('a change that does not say which version it is about', async () => {
    const { client } = await setup();
    const { id } = await client.submit(job);
    const answer = await client.call(`/v1/jobs/${id}`, { method: 'PATCH', body: { priority: 1 } });
    expect(answer.json()).toMatchObject({ status: 428, code: 'precondition_required' });
  });

  test.each(['3', 'W/"1"', '"1", "2"', '"x"', ''])('the If-Match %s', async (tag) => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    const refusal = await expectRefused(all, id, { body: { priority: 1 }, tag });
    expect(refusal).toMatchObject({ status: 400, param: 'If-Match' });
  });

  test('another version than the job has, older or newer', async () => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    await claimJob(all.api, id);
    for (const tag of ['"1"', '"9"']) {
      const refusal = await expectRefused(all, id, { body: { priority: 1 }, tag });
      expect(refusal).toMatchObject({ status: 412, code: 'version_mismatch' });
      expect(refusal).toHaveProperty('detail', expect.stringContaining('at version 2'));
    }
  });

  test.each([
    [{}, '', 'at least one of priority, max_cost_usd, deadline_at, timeout_seconds'],
    [[], '', 'expected an object'],
    [{ priority: null }, 'priority', 'a whole number from 0'],
    [{ priority: 10 }, 'priority', 'a whole number from 0'],
    [{ max_cost_usd: '-1' }, 'max_cost_usd', 'US dollars as a decimal'],
    [{ deadline_at: 'soon' }, 'deadline_at', 'an RFC 3339 time'],
    [{ deadline_at: '2020-01-31T12:00:00Z' }, 'deadline_at', 'a time after the job can start'],
    [{ timeout_seconds: 0 }, 'timeout_seconds', 'a number of seconds above 0'],
    [{ prioritty: 1 }, 'prioritty', 'did you mean "priority"?'],
    [{ model: 'beta' }, 'model', 'remove it'],
  ])('the body %j', async (body, param, text) => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    const refusal = await expectRefused(all, id, { body });
    expect(refusal).toMatchObject({ status: 400, param });
    expect(textMember(refusal, 'detail')).toContain(text);
  });

  test('both ways to name a deadline, and one beyond the longest', async () => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    const both = { deadline_at: inSeconds(60), timeout_seconds: 60 };
    for (const body of [both, { deadline_at: inSeconds(31 * 86_400) }]) {
      const refusal = await expectRefused(all, id, { body });
      expect(refusal).toMatchObject({ status: 400, param: 'deadline_at' });
    }
  });

  test('a deadline that is put off for ever', async () => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    const days = (count: number) => ({ timeout_seconds: count * 86_400 });
    const key = all.api.store.keys.job(testTenant, parseJobId(id) ?? expect.fail('it has an id'));
    await all.api.store.client.hset(key.job, 'created', Date.now() - 40 * 86_400_000);
    expect((await patchOf(all.client, id)(days(19))).status).toBe(200);
    const refusal = await expectRefused(all, id, { body: days(21) });
    expect(refusal).toMatchObject({ status: 400, param: 'deadline_at' });
  });

  test('a ceiling below what is held, with the figures', async () => {
    const all = await setup();
    const { id } = await all.client.submit(job);
    const refusal = await expectRefused(all, id, { body: { max_cost_usd: '0.000001' } });
    expect(refusal).toMatchObject({ status: 409, code: 'ceiling_in_use', param: 'max_cost_usd' });
    const held = formatUsd((await readRecord(all.api, id)).money.reserved);
    expect(textMember(refusal, 'detail')).toContain(`reserved ${held}, spent 0, unknown 0`);
  });

  test('a ceiling that the first attempt of a scheduled job does not fit', async () => {
    const all = await setup();
    const { id } = await all.client.submit({ ...job, run_at: inSeconds(3_600) });
    const refusal = await expectRefused(all, id, { body: { max_cost_usd: '0.000001' } });
    expect(refusal).toMatchObject({ status: 422, code: 'cost_ceiling_exceeded' });
  });

  test('a job that is being cancelled or has ended', async () => {
    const all = await setup();
    const running = (await all.client.submit(job)).id;
    await claimJob(all.api, running);
    const waiting = (await all.client.submit(job)).id;
    for (const id of [running, waiting]) {
      await all.client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      const refusal = await expectRefused(all, id, { body: { priority: 1 } });
      expect(refusal).toMatchObject({ status: 409, code: 'job_not_changeable' });
    }
  });
});
