/** Bulk calls that are cut, and a store that goes away under them: nothing acknowledged is lost. */

import { parseJobId } from '@forebay/shared/domain/ids';
import { isRecord } from '@forebay/shared/domain/job';
import { describe, expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { type BulkAnswer, sendBulk } from '../support/bulk-client.ts';
import { bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { useRedis } from '../support/redis.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { testTenant } from '../support/store.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const seed = 20_263;
const rowCount = 2_000;
const cuts = 6;

/** What was acknowledged, by line; a line that is answered again must name the same job. */
function createBook() {
  const jobs = new Map<number, string>();
  return {
    jobs,
    note(answer: BulkAnswer): void {
      for (const { line, id } of answer.lines) {
        if (id === undefined) throw new Error(`line ${line} was rejected`);
        expect(jobs.get(line) ?? id).toBe(id);
        jobs.set(line, id);
      }
    },
  };
}

async function expectEachOnce(api: InProcessApi, jobs: ReadonlyMap<number, string>) {
  const { store } = api;
  expect(jobs.size).toBe(rowCount);
  expect(new Set(jobs.values()).size).toBe(rowCount);
  expect(await store.client.zcard(store.keys.jobIndex(testTenant))).toBe(rowCount);
  const wrong = await Promise.all(
    [...jobs].map(async ([line, text]) => {
      const id = parseJobId(text);
      const record = id === undefined ? id : await store.jobs.read({ tenant: testTenant, id });
      return isRecord(record) && record.spec.customId === `row-${line}` ? [] : [text];
    }),
  );
  expect(wrong.flat()).toEqual([]);
}

describe('a bulk call', () => {
  test('cut at any byte loses no acknowledged line, and sent again makes none twice', async () => {
    const api = await startInProcessApi(redis().url, config);
    const target = { url: api.url, key: await api.newKey('dev') };
    const ended: number[] = [];
    api.events.on('request.ended', ({ status }) => ended.push(status));
    const body = ndjson(bulkRows(rowCount));
    const random = seededRandom(seed);
    const book = createBook();
    for (let cut = 0; cut < cuts; cut += 1) {
      const cutAfterBytes = 1 + Math.floor(random() * (body.length - 1));
      const linesSent = body.slice(0, cutAfterBytes).split('\n').length - 1;
      const wanted = Math.floor(random() * linesSent);
      let replies = 0;
      const answer = await sendBulk(target, body, {
        cutAfterBytes,
        cutWhen: () => waitUntil(() => replies >= wanted, { what: `${wanted} replies` }),
        onReply: (text) => {
          replies += text.match(/"line":/g)?.length ?? 0;
        },
      });
      expect(answer.summary, `cut after ${cutAfterBytes} bytes`).toBeUndefined();
      book.note(answer);
    }
    await waitUntil(() => ended.length === cuts, { what: 'the cut calls to end' });
    expect(book.jobs.size).toBeGreaterThan(0);
    const whole = await sendBulk(target, body);
    book.note(whole);
    expect(whole.summary).toMatchObject({ lines: rowCount, rejected: 0, outcome: 'completed' });
    expect(whole.summary?.duplicates).toBeGreaterThan(0);
    await expectEachOnce(api, book.jobs);
  });

  test('waits for a store that is away for a moment', async () => {
    const proxy = await startTcpProxy(redis().port);
    const api = await startInProcessApi(proxy.url, config);
    const target = { url: api.url, key: await api.newKey('dev') };
    let refusals = 0;
    api.events.on('background.failed', () => {
      refusals += 1;
    });
    let wasAway = false;
    const answer = await sendBulk(target, ndjson(bulkRows(rowCount)), {
      async onReply() {
        if (wasAway) return;
        wasAway = true;
        proxy.refuse(true);
        proxy.cut();
        await waitUntil(() => refusals >= 3, { what: 'the api to find the store away' });
        proxy.refuse(false);
      },
    });
    const book = createBook();
    book.note(answer);
    expect(answer.summary).toMatchObject({ lines: rowCount, rejected: 0, outcome: 'completed' });
    await expectEachOnce(api, book.jobs);
  });

  test('breaks off without a summary when the store stays away, and can be resent', async () => {
    const proxy = await startTcpProxy(redis().port);
    const api = await startInProcessApi(proxy.url, config);
    const target = { url: api.url, key: await api.newKey('dev') };
    const failures: string[] = [];
    api.events.on('request.failed', ({ code }) => failures.push(code));
    const body = ndjson(bulkRows(rowCount));
    const book = createBook();
    const broken = await sendBulk(target, body, {
      onReply() {
        proxy.refuse(true);
        proxy.cut();
      },
    });
    expect(broken.status).toBe(200);
    expect(broken.summary).toBeUndefined();
    expect(broken.lines.length).toBeLessThan(rowCount);
    expect(failures).toEqual(['store_unavailable']);
    book.note(broken);
    const refused = await sendBulk(target, body);
    expect(refused.status).toBe(503);
    proxy.refuse(false);
    await waitUntil(() => api.store.ping(), { what: 'the store' });
    const isBack = async () => (await sendBulk(target, '\n')).status === 200;
    await waitUntil(isBack, { what: 'the api to find the store' });
    const again = await sendBulk(target, body);
    book.note(again);
    expect(again.summary).toMatchObject({ lines: rowCount, rejected: 0, outcome: 'completed' });
    await expectEachOnce(api, book.jobs);
  });
});
