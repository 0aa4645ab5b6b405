/** What callers say of answers, over HTTP, and what it does to the plans of their tenant. */
import { seenAnswers } from '@forebay/shared/ledger/seen-answers';
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { makeLines } from '../support/ledger-lines.ts';
import { answerJob, claimJob } from '../support/play-worker.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { twoModels } from '../support/two-models.ts';
import { waitUntil } from '../support/wait-until.ts';
import { writeLedger } from '../support/write-ledger.ts';

const redis = useRedis();

const config = `${twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9')}
routes:
  auto: { strategy: best, targets: [alpha, beta] }
`;

const job = {
  kind: 'chat.completions',
  model: 'auto',
  body: { messages: [{ role: 'user', content: 'Fix this: function f( { return 1 }' }] },
};

interface Planned {
  readonly route: {
    readonly candidates: readonly { readonly model: string; readonly quality?: unknown }[];
  };
}

async function firstChoice(client: ApiClient): Promise<string> {
  const answer = await client.call('/v1/route', { body: job });
  // The contract of the route, proved by its own tests.
  return (answer.json() as Planned).route.candidates[0]?.model ?? '';
}

test('a model that was found bad is left to other tenants', async () => {
  const api = await startInProcessApi(redis().url, config);
  const [client, stranger] = await Promise.all([api.client('dev'), api.client('stranger')]);
  expect(await firstChoice(client)).toBe('alpha');
  for (let n = 0; n < 3; n += 1) {
    const { id } = await client.submit({ ...job, model: 'alpha', user: 'ann' });
    await claimJob(api, id);
    await answerJob(api, id, { choices: [] });
    const body = { score: 0.1, comment: 'nonsense' };
    const answer = await client.call(`/v1/jobs/${id}/feedback`, { body });
    expect(answer.status, answer.text).toBe(200);
    const said = answer.json();
    expect(said).toMatchObject({ object: 'job.feedback', job: id, model: 'alpha', user: 'ann' });
    expect(said).toMatchObject({ score: 0.1, comment: 'nonsense', task: 'code' });
    const again = await client.call(`/v1/jobs/${id}/feedback`, { body });
    expect(again.json()).toEqual(said);
  }
  await waitUntil(async () => (await firstChoice(client)) === 'beta', {
    what: 'plans to go by what was said',
    timeoutMs: 15_000,
  });
  expect(await firstChoice(stranger)).toBe('alpha');
});

test('a model whose answers miss their form is left too, though nobody says so', async () => {
  const api = await startInProcessApi(redis().url, config);
  const [client, stranger] = await Promise.all([api.client('dev'), api.client('stranger')]);
  expect(await firstChoice(client)).toBe('alpha');
  const { ledger } = api.store;
  const [made] = makeLines({ count: 1, seed: 3, fromMs: Date.now() - 60_000, overMs: 1 });
  const { attempt } = made ?? {};
  if (made === undefined || attempt === undefined) throw new Error('there is an attempt');
  const outcomes = ['malformed_output', 'succeeded'] as const;
  const lines = Array.from({ length: 40 }, (_, n) => ({
    ...{ ...made, id: `${made.at}-${n}`, model: 'alpha', task: 'code' as const },
    attempt: { ...attempt, outcome: outcomes[n % 2] ?? 'succeeded' },
  }));
  await writeLedger(api.store, lines);
  const shard = ledger.shardOf('dev');
  const span = await ledger.mark(shard, { linesMax: lines.length, olderThanMs: 0 });
  if (span === undefined) throw new Error('the lines should be marked');
  const signals = seenAnswers(await ledger.read(shard, span));
  await ledger.commit(shard, span, { hash: 'h1', signals });
  await waitUntil(async () => (await firstChoice(client)) === 'beta', {
    what: 'plans to go by what was seen',
    timeoutMs: 15_000,
  });
  expect(await firstChoice(stranger)).toBe('alpha');
  const { id } = await client.submit({ ...job, model: 'alpha', user: 'ann' });
  await claimJob(api, id);
  await answerJob(api, id, { choices: [] });
  await client.call(`/v1/jobs/${id}/feedback`, { body: { score: 0 } });
  // 20 of 40 are at least 0.37 of all: 0.5 × (1 − 0.37 × 0.2), and people say (8 × that) ÷ 9.
  const row = {
    ...{ model: 'alpha', task: 'code', quality: 0.411, source: 'tenant', prior: null },
    judgements: { count: 1, mean: 0 },
    answers: { count: 40, of_no_use: 20, certain_share: 0.37 },
  };
  const list = { object: 'list', data: [row] };
  expect((await client.call('/v1/quality')).json()).toEqual(list);
  const ofAnn = { ...row, quality: 0.366, source: 'user' };
  expect((await client.call('/v1/quality?user=ann')).json()).toEqual({ ...list, data: [ofAnn] });
  expect((await stranger.call('/v1/quality?user=ann')).json()).toEqual({ ...list, data: [] });
  expect((await client.call('/v1/quality?usr=ann')).status).toBe(400);
  const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: await api.newKey('dev') };
  const shown = await runCommandHere(['quality', '--user', 'ann'], env);
  expect(shown.stdout).toMatch(/code +alpha +0\.366 +user +1 +0 +40 +20/);
});

test('feedback is refused with a reason where there is nothing to judge', async () => {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client('dev');
  const { id } = await client.submit({ ...job, model: 'alpha' });
  const judge = (body: unknown) => client.call(`/v1/jobs/${id}/feedback`, { body });
  const early = await judge({ score: 1 });
  expect([early.status, early.text]).toEqual([409, expect.stringContaining('job_not_ended')]);
  await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  const none = await judge({ score: 1 });
  expect([none.status, none.text]).toEqual([409, expect.stringContaining('no_result')]);
  const wrong = await judge({ score: 2, stars: 5 });
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain('expected a number from 0 (useless) to 1 (perfect)');
  expect(wrong.text).toContain('stars');
});
