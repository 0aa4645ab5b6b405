/** Event streams over HTTP; the test plays the worker. */
import { setMaxListeners } from 'node:events';
import { eventId } from '@forebay/shared/domain/event-id';
import { limits } from '@forebay/shared/domain/limits';
import { keyScopes } from '@forebay/shared/ports/key-store';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { answerJob, claimJob, failAttempt, readRecord, showText } from '../support/play-worker.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { readEvents, type SseCall, type SseEvent, type SseVisit } from '../support/sse-client.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

const job = {
  kind: 'chat.completions',
  model: 'alpha',
  body: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 },
  max_cost_usd: '0.5',
  stream: true,
};

interface Scene {
  readonly api: InProcessApi;
  readonly client: ApiClient;
  readonly key: string;
  /** Reads a job's events at this api, or at another one with the same store. */
  readonly follow: (id: string, call?: Partial<SseCall>) => Promise<SseVisit>;
}

async function setup(): Promise<Scene> {
  const api = await startInProcessApi(redis().url, config);
  const key = await api.newKey('dev');
  const client = createApiClient({ url: api.url, key });
  return {
    ...{ api, client, key },
    follow: (id, call) => readEvents({ url: `${api.url}/v1/jobs/${id}/events`, key, ...call }),
  };
}

/** Reads in the background and lets a test wait for what has come so far. */
function watch(scene: Scene, id: string, call: Partial<SseCall> = {}) {
  const seen: SseEvent[] = [];
  const visit = scene.follow(id, { onEvent: (event) => seen.push(event), ...call });
  const has = (type: string, count = 1) =>
    waitUntil(() => seen.filter((event) => event.type === type).length >= count, {
      what: `${count} of ${type}`,
    });
  return { seen, visit, has };
}

const typesOf = ({ events }: SseVisit) => events.map(({ type }) => type);
const idsOf = ({ events }: SseVisit) => events.map(({ id }) => id);

function textOf(events: readonly SseEvent[]): string {
  const deltas = events.filter(({ type }) => type === 'job.delta');
  return deltas.map(({ data }) => String(data['text'])).join('');
}

/** Runs a job from its claim to its answer, with some text shown. */
async function play({ api }: Scene, id: string, texts: readonly string[]): Promise<void> {
  await claimJob(api, id);
  await showText(api, id, { batch: 1, texts, isLast: true });
  await answerJob(api, id, { object: 'chat.completion' });
}

describe('GET /v1/jobs/{id}/events', () => {
  test('tells changes and text as they come, and closes after the end', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const { visit, has } = watch(scene, id);
    await has('job.queued');
    await claimJob(scene.api, id);
    await has('job.running');
    await showText(scene.api, id, { batch: 1, texts: ['Hello', ', "world"\n'] });
    await has('job.delta', 2);
    await showText(scene.api, id, { batch: 2, texts: [], isLast: true });
    await answerJob(scene.api, id, { object: 'chat.completion' });
    const { status, headers, events, isEnded } = await visit;
    expect([status, isEnded]).toEqual([200, true]);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(events.map((event) => event.id)).toEqual([
      eventId(1),
      eventId(2),
      eventId(2, 1),
      eventId(2, 2),
      eventId(3),
    ]);
    expect(textOf(events)).toBe('Hello, "world"\n');
    expect(events.at(0)?.data).toEqual({
      ...{ id, sequence: 1_000_000, type: 'job.queued', status: 'queued', reason: 'queued' },
      ...{ at: expect.stringMatching(/^20.*Z$/), model: 'alpha', attempt: 0, version: 1 },
    });
    expect(events.at(2)?.data).toEqual({
      ...{ id, sequence: 2_000_001, type: 'job.delta', attempt: 1, choice: 0, field: 'content' },
      text: 'Hello',
    });
    expect(events.at(-1)?.data).toMatchObject({
      ...{ type: 'job.succeeded', status: 'succeeded', version: 3, attempt: 1, error: null },
      cost: { spent: '0.000000007', reserved: '0' },
      usage: { input_tokens: 1, output_tokens: 1 },
      result_url: `/v1/jobs/${id}/result`,
    });
    await waitUntil(async () => (await metric(scene.api, 'forebay_event_streams')) === 0, {
      what: 'no stream to be left open',
    });
  });

  test('replays an ended job from any id, and has nothing to tell after the last', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    await play(scene, id, ['a', 'b', 'c']);
    const whole = await scene.follow(id);
    expect(typesOf(whole).at(-1)).toBe('job.succeeded');
    for (const [index, { id: lastEventId }] of whole.events.entries()) {
      const rest = await scene.follow(id, { lastEventId });
      expect(rest.events).toEqual(whole.events.slice(index + 1));
      expect(rest.status).toBe(rest.events.length === 0 ? 204 : 200);
    }
    const url = `${scene.api.url}/v1/jobs/${id}/events?starting_after=${eventId(2, 1)}`;
    expect(idsOf(await scene.follow(id, { url }))).toEqual(idsOf(whole).slice(3));
    // What a client that reconnects sends by itself counts more than what stays in its URL.
    const both = await scene.follow(id, { url, lastEventId: eventId(2, 2) });
    expect(idsOf(both)).toEqual(idsOf(whole).slice(4));
  });

  test('shows each attempt under its number when an answer was cut off', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const { visit, has } = watch(scene, id);
    await claimJob(scene.api, id);
    await showText(scene.api, id, { batch: 1, texts: ['half an ans'] });
    await has('job.delta');
    await failAttempt(scene.api, id);
    await play(scene, id, ['a whole answer']);
    const { events } = await visit;
    expect(events.map(({ type, data }) => `${type} ${String(data['attempt'])}`)).toEqual([
      'job.queued 0',
      'job.running 1',
      'job.delta 1',
      'job.queued 1',
      'job.running 2',
      'job.delta 2',
      'job.succeeded 2',
    ]);
    expect(events.at(3)?.data['reason']).toBe('reassigned');
  });

  test('tells the end of jobs that show no text, and of those that are cancelled', async () => {
    const scene = await setup();
    const { stream: _, ...plain } = job;
    const quiet = await scene.client.submit(plain);
    const cancelled = await scene.client.submit(job);
    const quietly = watch(scene, quiet.id);
    const until = watch(scene, cancelled.id);
    await claimJob(scene.api, quiet.id);
    await answerJob(scene.api, quiet.id, {});
    await scene.client.call(`/v1/jobs/${cancelled.id}/cancel`, { method: 'POST' });
    expect(typesOf(await quietly.visit)).toEqual(['job.queued', 'job.running', 'job.succeeded']);
    const last = (await until.visit).events.at(-1);
    expect(last?.data).toMatchObject({ type: 'job.cancelled', error: { code: 'cancelled' } });
    expect(last?.data['result_url']).toBeNull();
  });

  test('says in the stream what cannot be shown any more', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    await claimJob(scene.api, id);
    await showText(scene.api, id, { batch: 1, texts: ['a', 'b'] });
    await answerJob(scene.api, id, {});
    const reasons = (visit: SseVisit) =>
      visit.events
        .filter(({ type }) => type === 'job.gap')
        .map(({ id: at, data }) => [at, textMember(data['reason'], 'code')]);
    // The last batch never came: the answer may have more than this.
    const incomplete = [eventId(3) - 1, 'deltas_incomplete'];
    expect(reasons(await scene.follow(id))).toEqual([incomplete]);
    const { tenant, id: jobId } = await readRecord(scene.api, id);
    await scene.api.store.client.del(scene.api.store.keys.job(tenant, jobId).deltas);
    const late = await scene.follow(id, { lastEventId: eventId(2, 1) });
    expect(reasons(late)).toEqual([[eventId(2, 2), 'deltas_trimmed'], incomplete]);
    expect(typesOf(late)).toEqual(['job.gap', 'job.gap', 'job.succeeded']);
    expect(reasons(await scene.follow(id, { lastEventId: eventId(2, 2) }))).toEqual([incomplete]);
  });

  test('gives the same answer for jobs that are foreign, missing or misspelt', async () => {
    const scene = await setup();
    const foreign = await scene.api.client('other');
    const { id } = await foreign.submit(job);
    const missing = 'job_00000000000000000000000000';
    const texts = await Promise.all(
      [id, missing, 'nonsense'].map(async (name) => {
        const answer = await scene.client.call(`/v1/jobs/${name}/events`);
        expect(answer.status).toBe(404);
        return JSON.stringify(answer.json()).replace(/job_\w+|nonsense|req_\w+/g, '');
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });

  test.each(['-1', 'x', '1.5', '', '1&starting_after=2', '9999999999999999', '1000001', '2000000'])(
    'refuses the position "%s" and names the field',
    async (text) => {
      const scene = await setup();
      const { id } = await scene.client.submit(job);
      const answer = await scene.client.call(`/v1/jobs/${id}/events?starting_after=${text}`);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'invalid_request', param: 'starting_after' });
    },
  );

  test('bounds the streams of a key, and gives places back however a stream ends', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const gone = new AbortController();
    setMaxListeners(0, gone.signal);
    const open = Array.from({ length: limits.eventStreamsPerKeyMax }, () =>
      scene.follow(id, { signal: gone.signal }),
    );
    const isFull = async () => (await metric(scene.api, 'forebay_event_streams')) === open.length;
    await waitUntil(isFull, { what: 'all places to be taken' });
    const refused = await scene.client.call(`/v1/jobs/${id}/events`);
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'too_many_streams' });
    expect(refused.headers.get('retry-after')).toBe('5');
    const other = await scene.api.newKey('dev', keyScopes);
    const opened = new AbortController();
    await scene.follow(id, { key: other, signal: opened.signal, onOpen: () => opened.abort() });
    gone.abort();
    await Promise.all(open);
    await waitUntil(async () => (await metric(scene.api, 'forebay_event_streams')) === 0, {
      what: 'all places to be free',
    });
  });

  test('answers HEAD with the headers of the stream and keeps no place for it', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const { status, headers, text, isEnded } = await scene.follow(id, { method: 'HEAD' });
    expect([status, text, isEnded]).toEqual([200, '', true]);
    expect(headers['content-type']).toMatch(/^text\/event-stream/);
    expect(await metric(scene.api, 'forebay_event_streams')).toBe(0);
  });

  test('ends its streams when it shuts down; another api goes on where they stopped', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const { visit, has } = watch(scene, id);
    await claimJob(scene.api, id);
    await showText(scene.api, id, { batch: 1, texts: ['a'] });
    await has('job.delta');
    const { namespace } = scene.api.store;
    const other = await startInProcessApi(redis().url, config, { namespace });
    await scene.api.stop();
    const first = await visit;
    expect(first.isEnded).toBe(true);
    expect(first.comments).toEqual([expect.stringContaining('resume it after the last id')]);
    const resumed = readEvents({
      url: `${other.url}/v1/jobs/${id}/events`,
      key: scene.key,
      lastEventId: first.events.at(-1)?.id,
    });
    await showText(other, id, { batch: 2, texts: ['b'], isLast: true });
    await answerJob(other, id, {});
    const second = await resumed;
    expect(idsOf(second)).toEqual([eventId(2, 2), eventId(3)]);
  });

  test('finds what happened while its subscription was away', async () => {
    const scene = await setup();
    const { id } = await scene.client.submit(job);
    const { visit, has } = watch(scene, id);
    await has('job.queued');
    await scene.api.store.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await play(scene, id, ['unheard']);
    expect(typesOf(await visit)).toEqual([
      'job.queued',
      'job.running',
      'job.delta',
      'job.succeeded',
    ]);
  });
});

async function metric(api: InProcessApi, name: string): Promise<number> {
  const text = await (await fetch(`${api.adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}
