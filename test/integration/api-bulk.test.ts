import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { type BulkAnswer, type BulkOptions, sendBulk } from '../support/bulk-client.ts';
import { bulkJob, bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  const { store } = api;
  const target = { url: api.url, key: await api.newKey('dev') };
  return {
    api,
    client: await api.client('dev'),
    send: (body: Parameters<typeof sendBulk>[1], options: BulkOptions = {}) =>
      sendBulk(target, body, options),
    countJobs: () => store.client.zcard(store.keys.jobIndex(testTenant)),
  };
}

const statuses = (answer: BulkAnswer) => answer.lines.map(({ status }) => status);
const ids = (answer: BulkAnswer) => answer.lines.map(({ id }) => id);
const codes = (answer: BulkAnswer) => answer.lines.map(({ error }) => error?.code);

describe('POST /v1/jobs:bulk', () => {
  test('answers each line in order and sums up, and each accepted line is a job', async () => {
    const { api, client, send } = await setup();
    const unknown = { ...bulkJob('row-3'), model: 'gamma' };
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = { ...bulkJob('row-4'), run_at: runAt };
    const jobs = [bulkJob('row-1'), bulkJob(), unknown, scheduled];
    const answer = await send(ndjson(jobs));
    expect(answer.status).toBe(200);
    const batch = answer.headers['forebay-batch-id'];
    expect(batch).toMatch(/^bulk_[0-9a-z]{26}$/);
    const id = expect.stringMatching(/^job_/);
    const detail = expect.stringContaining('gamma');
    expect(answer.lines).toEqual([
      { line: 1, custom_id: 'row-1', status: 'accepted', id },
      { line: 2, status: 'accepted', id },
      {
        line: 3,
        custom_id: 'row-3',
        status: 'rejected',
        error: {
          ...{ code: 'unknown_model', detail, param: 'model' },
          errors: [{ pointer: '/model', code: 'unknown_model', detail }],
        },
      },
      { line: 4, custom_id: 'row-4', status: 'accepted', id },
    ]);
    expect(answer.summary).toEqual({
      ...{ batch_id: batch, lines: 4, accepted: 3, duplicates: 0, rejected: 1 },
      outcome: 'completed',
    });
    const views = await Promise.all(
      [0, 1, 3].map((index) => client.read(ids(answer)[index] ?? 'none')),
    );
    expect(views[0]?.raw).toMatchObject({ custom_id: 'row-1', batch_id: batch, status: 'queued' });
    expect(views[1]?.raw).toMatchObject({ custom_id: null, status: 'queued', queue_position: 1 });
    expect(views[2]?.raw).toMatchObject({ status: 'scheduled' });
    const { keys, client: store } = api.store;
    expect(await store.zcard(keys.batchIndex(testTenant, String(batch)))).toBe(3);
  });

  test('takes CRLF, blank lines, a byte-order mark and a last line without an end', async () => {
    const { send } = await setup();
    const [one, two, three] = bulkRows(3).map((row) => JSON.stringify(row));
    const answer = await send(`\ufeff${one}\r\n\r\n \t\n${two}\n\n${three}`);
    expect(answer.lines.map(({ line }) => line)).toEqual([1, 4, 6]);
    expect(statuses(answer)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(answer.summary).toMatchObject({ lines: 3, accepted: 3 });
  });

  test('refuses lines that cannot be read, and goes on with the next', async () => {
    const { send, countJobs } = await setup();
    const line = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);
    const long = bulkJob('long', 'x'.repeat(1024 * 1024));
    const answer = await send([
      Buffer.from('{"kind":\n'),
      Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]),
      line(long),
      Buffer.from('[]\n'),
      line({ ...bulkJob('named'), prompt: 1 }),
      line(bulkJob('fine')),
    ]);
    expect(codes(answer)).toEqual([
      'invalid_json',
      'invalid_json',
      'body_too_large',
      'invalid_request',
      'invalid_request',
      undefined,
    ]);
    expect(answer.lines[2]?.error?.detail).toContain('1048576 bytes');
    expect(answer.lines[4]?.custom_id).toBe('named');
    expect(await countJobs()).toBe(1);
  });

  test('answers a line while the sender waits for that before it sends the next', async () => {
    const { send } = await setup();
    let replies = 0;
    async function* politely(): AsyncGenerator<string> {
      for (const [index, row] of bulkRows(3).entries()) {
        await waitUntil(() => replies === index, { what: `reply ${index}` });
        yield ndjson([row]);
      }
    }
    const answer = await send(politely(), {
      onReply: (text) => {
        replies += text.match(/"line":/g)?.length ?? 0;
      },
    });
    expect(answer.summary).toMatchObject({ accepted: 3 });
  });

  test('an empty body has an empty summary', async () => {
    const { send } = await setup();
    const answer = await send('\n');
    expect(answer.summary).toMatchObject({ lines: 0, outcome: 'completed' });
  });
});

describe('the keys of the lines', () => {
  test('name a line by its custom_id, within a call and over calls', async () => {
    const { send, countJobs } = await setup();
    const first = await send(ndjson([bulkJob('a'), bulkJob('a'), bulkJob('a', 'Other.')]));
    expect(statuses(first)).toEqual(['accepted', 'duplicate', 'rejected']);
    expect(codes(first)[2]).toBe('idempotency_mismatch');
    const again = await send(ndjson([bulkJob('b'), bulkJob('a'), bulkJob('a', 'Other.')]));
    expect(statuses(again)).toEqual(['accepted', 'duplicate', 'rejected']);
    expect([ids(first)[1], ids(again)[1]]).toEqual([ids(first)[0], ids(first)[0]]);
    expect(again.summary).toMatchObject({ accepted: 1, duplicates: 1, rejected: 1 });
    expect(await countJobs()).toBe(2);
  });

  test('live within the Idempotency-Key, which also names the batch', async () => {
    const { send, countJobs } = await setup();
    const under = (key: string) => send(ndjson([bulkJob('a')]), keyed(key));
    const [one, same, other] = [await under('k1'), await under('k1'), await under('k2')];
    expect([one, same, other].flatMap(statuses)).toEqual(['accepted', 'duplicate', 'accepted']);
    expect(same.summary?.batch_id).toBe(one.summary?.batch_id);
    expect(other.summary?.batch_id).not.toBe(one.summary?.batch_id);
    expect((await send(ndjson([bulkJob('a')]))).lines[0]?.status).toBe('accepted');
    expect(await countJobs()).toBe(3);
  });

  test('are the line numbers where there is no custom_id, but only under a key', async () => {
    const { send, countJobs } = await setup();
    const body = ndjson([bulkJob(), bulkJob()]);
    const [one, two] = [await send(body, keyed('k1')), await send(body, keyed('k1'))];
    expect([...statuses(one), ...statuses(two)]).toEqual([
      ...['accepted', 'accepted'],
      ...['duplicate', 'duplicate'],
    ]);
    expect(ids(two)).toEqual(ids(one));
    expect(statuses(await send(body))).toEqual(['accepted', 'accepted']);
    expect(await countJobs()).toBe(4);
  });

  test('find their jobs also when these could not be admitted any more', async () => {
    const { send } = await setup();
    const deadlineAt = Date.now() + 700;
    const brief = { ...bulkJob('brief'), deadline_at: new Date(deadlineAt).toISOString() };
    const first = await send(ndjson([brief]));
    await waitUntil(() => Date.now() > deadlineAt + 5, { what: 'the deadline' });
    const again = await send(ndjson([brief, { ...brief, custom_id: 'new' }]), {
      onError: 'abort',
    });
    expect(again.lines[0]).toMatchObject({ status: 'duplicate', id: ids(first)[0] });
    expect(again.lines[1]).toMatchObject({ error: { code: 'invalid_request' } });
  });

  test('belong to their tenant', async () => {
    const { api, send } = await setup();
    const acme = { url: api.url, key: await api.newKey('acme') };
    const body = ndjson([bulkJob('a')]);
    const [ours, theirs] = [await send(body), await sendBulk(acme, body)];
    expect([...statuses(ours), ...statuses(theirs)]).toEqual(['accepted', 'accepted']);
  });
});

describe('on_error=abort', () => {
  test('ends at the first bad line: what was accepted stays, the rest is not taken', async () => {
    const { send, countJobs } = await setup();
    const rows: unknown[] = [...bulkRows(1_000)];
    rows[299] = { custom_id: 'bad' };
    const answer = await send(ndjson(rows), { onError: 'abort' });
    expect(answer.lines).toHaveLength(300);
    expect(answer.lines.at(-1)).toMatchObject({ line: 300, custom_id: 'bad', status: 'rejected' });
    expect(answer.summary).toMatchObject({
      ...{ lines: 300, accepted: 299, rejected: 1 },
      ...{ outcome: 'aborted', aborted_at_line: 300 },
    });
    expect(await countJobs()).toBe(299);
  });

  test('ends also at a line whose key was used otherwise', async () => {
    const { send, countJobs } = await setup();
    await send(ndjson([bulkJob('taken')]));
    const rows = [bulkJob('a'), bulkJob('taken'), bulkJob('taken', 'Other.'), bulkJob('b'), {}];
    const answer = await send(ndjson(rows), { onError: 'abort' });
    expect(statuses(answer)).toEqual(['accepted', 'duplicate', 'rejected']);
    expect(answer.summary).toMatchObject({ outcome: 'aborted', aborted_at_line: 3 });
    expect(await countJobs()).toBe(2);
  });

  test('lets a sender that goes on sending read the summary', async () => {
    const { send } = await setup();
    let sent = 0;
    async function* endlessly(): AsyncGenerator<string> {
      yield '{}\n';
      for (; sent < 2_000; sent += 1) {
        yield ndjson([bulkJob(undefined, 'x'.repeat(1_000))]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const answer = await send(endlessly(), { onError: 'abort' });
    expect(answer.summary).toMatchObject({ lines: 1, outcome: 'aborted' });
  });
});

describe('on_error=atomic', () => {
  const atomic = { onError: 'atomic' };

  test('takes all lines, more than one group of them, and knows them again', async () => {
    const { send, countJobs } = await setup();
    const body = ndjson(bulkRows(1_000));
    const first = await send(body, atomic);
    expect(first.summary).toMatchObject({ lines: 1_000, accepted: 1_000, outcome: 'completed' });
    expect(first.lines.map(({ line }) => line)).toEqual(bulkRows(1_000).map((_, n) => n + 1));
    const again = await send(body, atomic);
    expect(again.summary).toMatchObject({ duplicates: 1_000, outcome: 'completed' });
    expect(ids(again)).toEqual(ids(first));
    expect(await countJobs()).toBe(1_000);
  });

  test.each([
    ['cannot be read', '{}', 'invalid_request'],
    [
      'has a key used otherwise',
      JSON.stringify(bulkJob('taken', 'Other.')),
      'idempotency_mismatch',
    ],
  ])('takes none when one line %s', async (_name, bad, code) => {
    const { send, countJobs } = await setup();
    await send(ndjson([bulkJob('taken')]));
    const answer = await send(`${ndjson(bulkRows(2))}${bad}\n${ndjson([bulkJob('c')])}`, atomic);
    const others = 'atomic_refused';
    expect(codes(answer)).toEqual([others, others, code, others]);
    expect(answer.lines[0]?.error?.detail).toContain('line 3');
    expect(answer.summary).toMatchObject({
      ...{ lines: 4, accepted: 0, rejected: 4, outcome: 'aborted', aborted_at_line: 3 },
    });
    expect(await countJobs()).toBe(1);
  });

  test.each([
    ['lines', ndjson(bulkRows(1_001))],
    ['bytes', `${' '.repeat(1_000)}\n`.repeat(17_000)],
  ])('refuses more %s than it can hold, and says what else to do', async (_what, body) => {
    const { send, countJobs } = await setup();
    const answer = await send(body, atomic);
    expect(answer.status).toBe(413);
    const detail = textMember(JSON.parse(answer.text), 'detail');
    expect(detail).toMatch(/1000 lines and 16777216 bytes.*on_error=abort/);
    expect(await countJobs()).toBe(0);
  });
});

describe('a bulk call is refused before it begins', () => {
  const json = 'application/json';
  const latin = 'application/x-ndjson; charset=latin1';
  const wrongs: readonly [string, { status: number; code: string; options: BulkOptions }][] = [
    ['unknown on_error', { status: 400, code: 'invalid_request', options: { onError: 'no' } }],
    ['JSON', { status: 415, code: 'unsupported_media_type', options: typed(json) }],
    ['another charset', { status: 415, code: 'unsupported_media_type', options: typed(latin) }],
    ['bad key', { status: 400, code: 'invalid_idempotency_key', options: keyed('') }],
    ['wrong API key', { status: 401, code: 'unauthorized', options: authorized('Bearer no') }],
  ];

  test.each(wrongs)('for %s', async (_name, { status, code, options }) => {
    const { send, countJobs } = await setup();
    const answer = await send(ndjson([bulkJob('a')]), options);
    expect(answer.status).toBe(status);
    expect(textMember(JSON.parse(answer.text), 'code')).toBe(code);
    expect(await countJobs()).toBe(0);
  });

  test('for a misspelt parameter', async () => {
    const { client, countJobs } = await setup();
    const answer = await client.call('/v1/jobs:bulk?on_eror=atomic', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ndjson([bulkJob('a')]),
    });
    expect(answer.status).toBe(400);
    expect(await countJobs()).toBe(0);
  });

  test('without the scope to write jobs', async () => {
    const { api } = await setup();
    const key = await api.newKey('dev', ['jobs:read']);
    const answer = await sendBulk({ url: api.url, key }, ndjson([bulkJob('a')]));
    expect(answer.status).toBe(403);
  });

  test('by another method', async () => {
    const { client } = await setup();
    const answer = await client.call('/v1/jobs:bulk');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

function keyed(key: string): BulkOptions {
  return { headers: { 'idempotency-key': key } };
}

function typed(contentType: string): BulkOptions {
  return { headers: { 'content-type': contentType } };
}

function authorized(authorization: string): BulkOptions {
  return { headers: { authorization } };
}
