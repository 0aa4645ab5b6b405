/** `GET /v1/usage` and `GET /v1/analytics`, from lines that still stand in the store. */
import type { LedgerLine } from '@forebay/shared/domain/ledger-line';
import { hourMs } from '@forebay/shared/ledger/rollup-names';
import { expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { makeLines, movedLine } from '../support/ledger-lines.ts';
import { answerJob, claimJob } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { twoModels } from '../support/two-models.ts';
import { writeLedger } from '../support/write-ledger.ts';

const redis = useRedis();
const models = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const config = `${models.replace('alpha:', 'alpha:\n    tags: [eu]')}
usage: {metadata_keys: [team]}
`;
const fromMs = Math.floor(Date.now() / hourMs) * hourMs - 30 * hourMs;
const made = { count: 300, seed: 12, fromMs, overMs: 30 * hourMs };

async function setup(): Promise<{ api: InProcessApi; client: ApiClient }> {
  const api = await startInProcessApi(redis().url, config);
  return { api, client: await api.client('dev') };
}

async function ask(client: ApiClient, path: string): Promise<unknown> {
  const answer = await client.call(path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json();
}

function sumOf(lines: readonly LedgerLine[], of: (line: LedgerLine) => number): number {
  return lines.reduce((sum, line) => sum + of(line), 0);
}

const jobsIn = (lines: readonly LedgerLine[]): number => sumOf(lines, ({ ends }) => (ends ? 1 : 0));
const usd = (nano: number): string => String(nano / 1e9);

test('usage is summed by the groups that were asked for, and in total', async () => {
  const { api, client } = await setup();
  const lines = [...makeLines(made)];
  await writeLedger(api.store, lines);
  await writeLedger(api.store, makeLines({ ...made, tenant: 'other', seed: 13 }));
  const total = {
    jobs: jobsIn(lines),
    attempts: lines.filter(({ late }) => !late).length,
    input_tokens: sumOf(lines, ({ attempt }) => attempt?.usage?.inputTokens ?? 0),
    spent_usd: usd(sumOf(lines, ({ spent }) => Number(spent))),
    unknown_usd: usd(sumOf(lines, ({ unknown }) => Number(unknown))),
  };
  const used = ['alpha', 'beta', 'gamma'];
  const byModel = await ask(client, '/v1/usage?group_by=model');
  expect(byModel).toMatchObject({
    object: 'usage',
    group_by: ['model'],
    is_complete: true,
    has_more: false,
    next: null,
    total,
    data: used.map((model) => ({
      group: { model },
      jobs: jobsIn(lines.filter((line) => line.model === model)),
    })),
  });
  const byTeam = await ask(client, '/v1/usage?group_by=metadata.team,state&tag=eu&model=alpha');
  const [first] = lines.filter(({ model }) => model === 'alpha');
  const team = first?.metadata?.['team'];
  expect(byTeam).toMatchObject({
    data: expect.arrayContaining([
      expect.objectContaining({
        group: { 'metadata.team': team, state: first?.state === 'queued' ? 'moved' : first?.state },
      }),
    ]),
  });
  // Nobody asked for other tenants, and none can be asked for.
  expect(await ask(client, '/v1/usage')).toMatchObject({ total, data: [{ group: {} }] });
});

test('pages follow each other without a gap, and as CSV too', async () => {
  const { api, client } = await setup();
  await writeLedger(api.store, makeLines(made));
  const all = await client.call('/v1/usage?group_by=user,day&format=csv');
  expect(all.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const [header, ...rows] = all.text.trimEnd().split('\r\n');
  expect(header).toMatch(/^user,day,jobs,attempts,input_tokens,.*,spent_usd,unknown_usd$/);
  expect(rows.length).toBeGreaterThan(200);
  const paged: string[] = [];
  let after: string | null = null;
  do {
    const place: string = after === null ? '' : `&after=${after}`;
    const page = await client.call(`/v1/usage?group_by=user,day&limit=100${place}`, {
      headers: { accept: 'text/csv' },
    });
    expect(page.status, page.text).toBe(200);
    paged.push(...page.text.trimEnd().split('\r\n').slice(1));
    after = page.headers.get('forebay-next');
  } while (after !== null);
  expect(paged).toEqual(rows);
});

test('forebay usage shows a table, CSV, or one group per line', async () => {
  const { api } = await setup();
  const lines = [...makeLines(made)];
  await writeLedger(api.store, lines);
  const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: await api.newKey('dev') };
  const run = (...more: string[]) => runCommandHere(['usage', '--by', 'model', ...more], env);
  const table = await run();
  expect(table).toMatchObject({ code: 0, stderr: '' });
  expect(table.stdout).toMatch(/^ *model +jobs +input tokens/);
  expect(table.stdout).toMatch(new RegExp(`total +${jobsIn(lines)} `));
  const csv = (await run('--csv', '--where', 'model=alpha,beta')).stdout.split('\r\n');
  expect(csv.map((line) => line.split(',')[0])).toEqual(['model', 'alpha', 'beta', '']);
  const json = (await run('--json')).stdout.trimEnd().split('\n');
  expect(JSON.parse(json[2] ?? '')).toMatchObject({ group: { model: 'gamma' } });
  expect(await run('--where', 'model')).toMatchObject({ code: 2 });
  expect((await run('--where', 'colour=red')).stderr).toContain('colour');
});

test('analytics counts answers of no use by model and task, not by deployment', async () => {
  const { api, client } = await setup();
  const [line] = makeLines({ ...made, count: 1 });
  const { attempt } = line ?? {};
  if (line === undefined || attempt === undefined) throw new Error('there is an attempt');
  const ends = [
    { outcome: 'succeeded' },
    { outcome: 'succeeded', flaw: 'cut' },
    { outcome: 'succeeded', flaw: 'refusal' },
    { outcome: 'content_filtered' },
    { outcome: 'malformed_output' },
    { outcome: 'timeout' },
  ] as const;
  const lines = ends.map((end, n) => ({
    ...{ ...line, id: `${line.at}-${n}`, model: 'alpha', task: 'code' as const },
    attempt: { ...attempt, ...end },
  }));
  const [first] = lines;
  if (first === undefined) throw new Error('there are lines');
  await writeLedger(api.store, [...lines, { ...first, id: `${line.at}-9`, retries: 'beta' }]);
  const none = { answers: 0, malformed: 0, refused: 0, cut: 0, retried: 0 };
  const ofAlpha = { model: 'alpha', task: 'code', ...none, answers: 6 };
  const alpha = [{ ...ofAlpha, malformed: 1, refused: 2, cut: 1 }];
  const beta = [{ model: 'beta', task: 'code', ...none, retried: 1 }];
  expect(await ask(client, '/v1/analytics?group_by=model')).toMatchObject({
    data: [
      { model: 'alpha', attempts: 7, answers: alpha },
      { model: 'beta', attempts: 0, answers: beta },
    ],
    total: { answers: [...alpha, ...beta] },
  });
  expect(await ask(client, '/v1/analytics?deployment=alpha/main')).toMatchObject({
    total: { answers: [] },
  });
});

test('an error rate leaves out what is nobody’s error', async () => {
  const { api, client } = await setup();
  const [line] = makeLines({ ...made, count: 1 });
  const { attempt } = line ?? {};
  if (line === undefined || attempt === undefined) throw new Error('there is an attempt');
  const outcomes = ['succeeded', 'timeout', 'cancelled', 'shutdown', 'price_raised'] as const;
  await writeLedger(
    api.store,
    outcomes.map((outcome, n) => ({
      ...{ ...line, id: `${line.at}-${n}`, attempt: { ...attempt, outcome } },
    })),
  );
  expect(await ask(client, '/v1/analytics')).toMatchObject({
    total: { attempts: 5, error_rate: 1 / 2 },
  });
  expect(await ask(client, '/v1/analytics')).toHaveProperty('total.errors', { timeout: 1 });
});

test('analytics tells promotions and premiums apart from fallbacks and reasons', async () => {
  const { api, client } = await setup();
  const toBeta = { model: 'alpha', next: 'beta' };
  const moves = [
    { ...toBeta, cause: 'promoted', premium: '1500' },
    { ...toBeta, cause: 'promoted', premium: '-200' },
    { ...toBeta, next: 'gamma', cause: 'promoted', premium: '0' },
    { ...toBeta, cause: 'drained' },
    { ...toBeta, cause: 'over_budget' },
    toBeta,
  ] as const;
  await writeLedger(
    api.store,
    moves.map((move, index) => movedLine(fromMs + index, move)),
  );
  const [beta, gamma] = [
    { from: 'alpha', to: 'beta', count: 2, premium_usd: '0.0000013' },
    { from: 'alpha', to: 'gamma', count: 1, premium_usd: '0' },
  ];
  const figures = {
    promotions: { count: 3, premium_usd: '0.0000013', moves: [beta, gamma] },
    fallbacks: ['drained', 'over_budget', 'lane_closed'].map((reason) => ({
      ...{ from: 'alpha', to: 'beta', reason, count: 1 },
    })),
  };
  expect(await ask(client, '/v1/analytics?bucket=hour')).toMatchObject({
    data: [{ at: `${new Date(fromMs).toISOString().slice(0, 19)}Z`, ...figures }],
    total: { attempts: 0, ...figures },
  });
});

test('forebay analytics shows how models fared, why jobs moved, and answers', async () => {
  const { api } = await setup();
  const promoted = { model: 'alpha', next: 'gamma', cause: 'promoted', premium: '1500' } as const;
  await writeLedger(api.store, [...makeLines(made), movedLine(fromMs + made.overMs, promoted)]);
  const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: await api.newKey('dev') };
  const run = (...more: string[]) => runCommandHere(['analytics', ...more], env);
  const shown = await run('--by', 'model', '--model', 'alpha', '--hourly');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^ *at +model +jobs +attempts +failed +p50 ms/);
  expect(shown.stdout).toMatch(/alpha +beta +\d+ +timeout/);
  expect(shown.stdout).toMatch(/alpha +gamma +1 +waited too long +0\.0000015/);
  expect(shown.stdout).not.toMatch(/^ *beta/m);
  const json = JSON.parse((await run('--json')).stdout);
  expect(json).toMatchObject({ object: 'analytics', total: { promotions: { count: 1 } } });
  expect(await run('--by', 'user')).toMatchObject({ code: 2 });
});

test('a job that just ended is counted at once', async () => {
  const { api, client } = await setup();
  const body = { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 20 };
  const job = { kind: 'chat.completions', model: 'alpha', body, metadata: { team: 'red' } };
  const { id } = await client.submit(job);
  await claimJob(api, id);
  await answerJob(api, id, { choices: [] });
  expect(await ask(client, '/v1/usage?group_by=hour,metadata.team,state')).toMatchObject({
    data: [
      {
        group: { hour: expect.stringMatching(/:00:00Z$/), 'metadata.team': 'red' },
        ...{ jobs: 1, attempts: 1, input_tokens: 1, output_tokens: 1, spent_usd: '0.000000007' },
      },
    ],
  });
});

test('analytics tells of latency, errors, fallbacks and savings over time', async () => {
  const { api, client } = await setup();
  const lines = [...makeLines(made)];
  await writeLedger(api.store, lines);
  const fresh = lines.filter(({ late }) => !late);
  const failed = fresh.filter(({ attempt }) => attempt?.outcome !== 'succeeded');
  const moved = lines.filter(({ next, model }) => next !== undefined && next !== model);
  const analytics = await ask(client, '/v1/analytics?bucket=hour');
  expect(analytics).toMatchObject({
    object: 'analytics',
    bucket: 'hour',
    total: {
      attempts: fresh.length,
      error_rate: failed.length / fresh.length,
      errors: { timeout: failed.length },
      latency: { first_byte_ms: { count: lines.length, p50: expect.any(Number) } },
      fallbacks: expect.arrayContaining([
        { from: 'alpha', to: 'beta', reason: 'timeout', count: expect.any(Number) },
      ]),
    },
  });
  // Its form was checked just above.
  const { data, total } = analytics as { data: { at: string }[]; total: Analytics };
  expect(data).toHaveLength(30);
  expect(data[0]?.at).toBe(`${new Date(fromMs).toISOString().slice(0, 19)}Z`);
  expect(total.fallbacks.reduce((sum, { count }) => sum + count, 0)).toBe(moved.length);
  const { compared_usd: compared, dearest_usd: dearest, saved_usd: saved } = total.cost;
  expect(Number(saved)).toBeCloseTo(Number(dearest) - Number(compared), 9);
  const { p50, p99 } = total.latency.first_byte_ms;
  expect(p50).toBeGreaterThan(1_000);
  expect(p99).toBeLessThanOrEqual(Math.ceil(3_000 * 1.084));
  expect(await ask(client, '/v1/analytics?group_by=model&model=beta')).toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ model: 'beta' })]),
  });
});

interface Analytics {
  readonly fallbacks: readonly { readonly count: number }[];
  readonly cost: Readonly<Record<string, string>>;
  readonly latency: { readonly first_byte_ms: { readonly p50: number; readonly p99: number } };
}

test.each([
  ['/v1/usage?group_by=modle', 'group_by', /at most 4 of day, hour, model/],
  ['/v1/usage?group_by=metadata.secret', 'group_by', /metadata\.team/],
  ['/v1/usage?metadata.secret=x', 'metadata.secret', /must be declared/],
  ['/v1/usage?modl=alpha', 'modl', /did you mean \\?"model/],
  ['/v1/usage?from=yesterday', 'from', /a day such as 2030-01-31/],
  ['/v1/usage?from=2030-02-01&to=2030-01-01', 'from', /before/],
  ['/v1/usage?from=2020-01-01&to=2026-01-01', 'from', /at most 800 days/],
  ['/v1/usage?group_by=hour&from=2026-01-01&to=2026-04-01', 'from', /at most 62 days/],
  ['/v1/usage?limit=0', 'limit', /whole number/],
  ['/v1/usage?format=xml', 'format', /json or csv/],
  ['/v1/usage?group_by=model&after=abc', 'after', /grouped alike/],
  ['/v1/analytics?bucket=week', 'bucket', /hour or day/],
  ['/v1/analytics?group_by=user', 'group_by', /model or deployment/],
])('%s is refused by name', async (path, param, text) => {
  const { client } = await setup();
  const answer = await client.call(path);
  expect(answer.status).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'invalid_request', param });
  expect(answer.text).toMatch(text);
});

test('a key without the scope sees no usage', async () => {
  const { api } = await setup();
  const client = await api.client('dev', ['jobs:read', 'jobs:write']);
  for (const path of ['/v1/usage', '/v1/analytics', '/v1/quality']) {
    expect((await client.call(path)).status).toBe(403);
  }
});
