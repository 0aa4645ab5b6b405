// What jobs would cost: one, and a file of them. Nothing is called, nothing is stored.
import { createForebayClient, type EstimateItem } from '@forebay/client';
import { describe, expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { sendBulk } from '../support/bulk-client.ts';
import { bulkJob, bulkRows, ndjson } from '../support/bulk-jobs.ts';
import { useRedis } from '../support/redis.ts';
import { runCli } from '../support/run-cli.ts';
import { testTenant } from '../support/store.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const config = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');

async function setup() {
  const api = await startInProcessApi(redis().url, config);
  const key = await api.newKey('dev');
  const client = await api.client('dev');
  return {
    api,
    key,
    client,
    sdk: createForebayClient({ baseUrl: api.url, apiKey: key }),
    estimate: (body: unknown) => client.call('/v1/estimate', { body }),
    storedJobs: () => api.store.client.zcard(api.store.keys.jobIndex(testTenant)),
  };
}

const chatBody = { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 };

const wrong = {
  ...bulkJob('bad'),
  priorty: 3,
  body: { messages: [], n: 0, tools: [{ type: 'web_search' }], api_key: 'x' },
};

async function itemsOf(items: AsyncIterable<EstimateItem>): Promise<readonly EstimateItem[]> {
  const all: EstimateItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('POST /v1/estimate', () => {
  test('gives one job a low, an expected and a high cost for each candidate', async () => {
    const { client, estimate, sdk, storedJobs } = await setup();
    const answer = await estimate(bulkJob());
    expect(answer.status).toBe(200);
    const view = await sdk.estimate({ ...bulkJob(), kind: 'chat.completions', body: chatBody });
    expect(answer.json()).toEqual({ object: 'estimate', ...view });
    expect(view.candidates.map(({ model }) => model)).toEqual(['alpha', 'beta']);
    expect(view.cost).toEqual(view.candidates[0]?.cost);
    for (const { cost, tokens } of view.candidates) {
      const [low, expected, high] = [cost.low, cost.expected, cost.high].map(Number);
      expect(low).toBeLessThan(expected ?? 0);
      expect(expected).toBeLessThan(high ?? 0);
      expect(tokens.input_about).toBeLessThan(tokens.input_at_most);
      expect(tokens.output_at_most).toBe(20);
    }
    // The high end is what a submission reserves.
    const job = await client.submit(bulkJob());
    expect(job.raw['cost']).toMatchObject({ reserved: view.cost.high });
    expect(await storedJobs()).toBe(1);
  });

  test('refuses one job for everything at once that is wrong with it', async () => {
    const { estimate } = await setup();
    const answer = await estimate(wrong);
    expect(answer.status).toBe(400);
    // The form is that of every problem; the members that matter are compared.
    const { errors } = answer.json() as { errors: readonly { pointer: string; code: string }[] };
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '/body/api_key forbidden_field',
      '/body/messages required',
      '/body/n invalid_number',
      '/body/tools/0/type unbounded_cost',
      '/priorty unknown_field',
    ]);
  });

  test('tells in one answer also what one check would hide from the next', async () => {
    const { estimate } = await setup();
    const past = { deadline_at: '2020-01-31T12:00:00Z' };
    const schema = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'numbr' } } };
    const wrongs = [
      { ...past, model: 'gamma' },
      { ...past, model: 'gamma', body: { ...chatBody, n: -1 } },
      { body: { ...chatBody, base_url: 'x', response_format: schema }, priorty: 1, ...past },
      { webhook: { url: 'http://10.0.0.1/' }, routing: { prefer: ['gamma', 'beta', 'delta'] } },
      { run_at: '2020-01-31T12:00:00Z', ...past, models: ['beta'] },
    ];
    const answers = await Promise.all(wrongs.map((each) => estimate({ ...bulkJob(), ...each })));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    const told = answers.map((answer) => {
      // The form is that of every problem; the members that matter are compared.
      const { errors } = answer.json() as { errors: readonly { pointer: string; code: string }[] };
      return errors.map(({ pointer, code }) => `${pointer} ${code}`);
    });
    expect(told).toEqual([
      ['/deadline_at invalid_value', '/model unknown_model'],
      ['/body/n invalid_number', '/deadline_at invalid_value', '/model unknown_model'],
      [
        ...['/priorty unknown_field', '/body/base_url forbidden_field'],
        '/body/response_format/json_schema/schema/type invalid_schema',
        '/deadline_at invalid_value',
      ],
      [
        '/webhook/url webhook_url_refused',
        ...['/routing/prefer/0 invalid_value', '/routing/prefer/2 invalid_value'],
      ],
      ['/model invalid_value', '/deadline_at invalid_value', '/run_at invalid_value'],
    ]);
  });

  test('judges names that come back in a file as a bulk call does', async () => {
    const { api, key, sdk } = await setup();
    const other = { ...bulkJob('a'), priority: 9 };
    const rows = [wrong, bulkJob('bad'), bulkJob('a'), bulkJob('a'), other];
    const bad = { ...other, body: wrong.body };
    const lines = [...rows, bad, bulkJob(), bulkJob()].map((row) => JSON.stringify(row));
    const items = await itemsOf(sdk.estimateLines(lines));
    const judged = items.flatMap((item) => ('line' in item ? [item] : []));
    const [refused, taken, twice] = ['refused', 'estimated', 'duplicate'];
    expect(judged.map(({ status }) => status)).toEqual([
      ...[refused, taken, taken, twice, refused, refused, taken, taken],
    ]);
    expect(judged[4]).toMatchObject({ error: { code: 'idempotency_mismatch' } });
    expect(judged[5]).toMatchObject({ error: { code: 'forbidden_field' } });
    expect(JSON.stringify(judged[5])).toContain('"/custom_id","code":"idempotency_mismatch"');
    expect(items.at(-1)).toMatchObject({
      summary: { lines: 8, estimated: 4, duplicates: 1, refused: 3 },
    });
    const bulk = await sendBulk({ url: api.url, key }, lines.join('\n'));
    const names = { accepted: taken, duplicate: twice, rejected: refused };
    expect(bulk.lines.map(({ status }) => names[status])).toEqual(
      judged.map(({ status }) => status),
    );
  });

  test('answers a file line by line and sums up, and stores nothing', async () => {
    const { sdk, storedJobs } = await setup();
    const rows = bulkRows(300).map((row) => JSON.stringify(row));
    rows[9] = JSON.stringify(wrong);
    rows[10] = '{"kind":';
    rows[11] = '';
    rows[12] = JSON.stringify({ ...bulkJob('none'), model: 'gamma' });
    const items = await itemsOf(sdk.estimateLines(rows));
    expect(items).toHaveLength(300);
    const last = items.at(-1);
    if (last === undefined || !('summary' in last)) throw new Error('no summary');
    const { summary } = last;
    expect(summary).toMatchObject({ lines: 299, estimated: 296, refused: 3 });
    const lines = items.flatMap((item) => ('line' in item ? [item] : []));
    expect(lines.map(({ line }) => line).slice(8, 13)).toEqual([9, 10, 11, 13, 14]);
    const refused = lines.flatMap((line) => (line.status === 'refused' ? [line] : []));
    expect(
      refused.map(({ line, error }) => [line, error.errors.length, error.errors[0]?.line]),
    ).toEqual([
      [10, 5, 10],
      [11, 1, 11],
      [13, 1, 13],
    ]);
    const expected = lines.flatMap((line) =>
      line.status === 'estimated' ? [Number(line.cost.high)] : [],
    );
    const sum = expected.reduce((total, each) => total + each, 0);
    expect(Number(summary.cost.high)).toBeCloseTo(sum, 9);
    expect(summary.by_model.map(({ model, lines: count }) => [model, count])).toEqual([
      ['alpha', 296],
      ['beta', 296],
    ]);
    expect(await storedJobs()).toBe(0);
  });

  test('can leave out the lines that are fine', async () => {
    const { sdk } = await setup();
    const jobs = [JSON.stringify(bulkJob()), JSON.stringify(wrong), JSON.stringify(bulkJob())];
    const items = await itemsOf(sdk.estimateLines(jobs, { lines: 'errors' }));
    expect(items).toMatchObject([{ line: 2, status: 'refused' }, { summary: { estimated: 2 } }]);
  });

  test('refuses other types, other parameters and keys that may not submit', async () => {
    const { api, client } = await setup();
    const headers = { 'content-type': 'text/csv' };
    expect((await client.call('/v1/estimate', { body: 'a,b', headers })).status).toBe(415);
    expect((await client.call('/v1/estimate?line=all', { body: bulkJob() })).status).toBe(400);
    const reader = await api.client('dev', ['jobs:read']);
    expect((await reader.call('/v1/estimate', { body: bulkJob() })).status).toBe(403);
  });

  test('is what the command line shows for a file', async () => {
    const { api, key } = await setup();
    const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: key };
    const fine = await runCli(['estimate', '-'], { env, input: ndjson(bulkRows(3)) });
    expect(fine).toMatchObject({ code: 0 });
    expect(fine.stdout).toMatch(/as planned\s+3 /);
    expect(fine.stdout).toMatch(/all on beta\s+3 /);
    const bad = await runCli(['estimate', '-'], { env, input: ndjson([bulkJob(), wrong]) });
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.stderr).toContain('line 2 /body/tools/0/type:');
    expect(bad.stderr).toContain('1 of 2 lines would be refused');
  });
});
