/** What a job asks of its routing, from the envelope to the plan on the job and the table of it. */
import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import type { ApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { runCommandHere } from '../support/run-command-here.ts';
import { twoModels } from '../support/two-models.ts';

const redis = useRedis();
const models = twoModels.replaceAll('SIMULATOR', 'http://127.0.0.1:9');
const config = `${models
  .replace('alpha:\n', 'alpha:\n    quality: 0.6\n')
  .replace('beta:\n', 'beta:\n    quality: 0.9\n')}
routes: {auto: {targets: [alpha, beta], weights: {quality: 0}}}
`;
const job = {
  kind: 'chat.completions',
  model: 'auto',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
};

test('a job is routed as it asks, keeps that, and can be explained', async () => {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client('dev');
  expect((await client.call('/v1/route', { body: job })).json()).toMatchObject({
    route: {
      strategy: 'balanced',
      weights: { cost: 1, speed: 1, quality: 0, load: 0.5 },
      candidates: [{ model: 'alpha', score: 0 }, { model: 'beta' }],
    },
  });
  const accepted = await client.call('/v1/jobs', {
    body: { ...job, routing: { weights: { quality: 9 }, min_quality: 0.5 } },
  });
  expect(accepted.status, accepted.text).toBe(202);
  expect(accepted.json()).toMatchObject(routedByQuality);
  await refusesWhatCannotBe(client);

  const id = String(Object(accepted.json()).id);
  const env = { FOREBAY_URL: api.url, FOREBAY_API_KEY: await api.newKey('dev') };
  const explained = await runCommandHere(['explain', id], env);
  expect(explained, explained.stderr).toMatchObject({ code: 0 });
  expect(explained.stdout).toContain('queued: auto → beta');
  expect(explained.stdout).toContain('balanced: cost 1, speed 1, quality 9, load 0.5');
  expect(explained.stdout).toMatch(/\n +1 {2}beta .*\n +2 {2}alpha /);
  const json = await runCommandHere(['explain', id, '--json'], env);
  expect(JSON.parse(json.stdout)).toMatchObject({ id, route: { strategy: 'balanced' } });
  const asked = ['route', 'Hi.', '--model', 'auto', '--strategy', 'best', '--min-quality', '0.7'];
  const routed = await runCommandHere(asked, env);
  expect(routed.stdout).toMatch(
    /auto by best; task chat.*\n[\s\S]*1 {2}beta[\s\S]*alpha +quality_too_low/,
  );
  expect((await client.call('/v1/jobs')).json()).toMatchObject({ data: [{ id }] });
});

const routedByQuality = {
  model: 'beta',
  route: {
    requested: 'auto',
    weights: { cost: 1, speed: 1, quality: 9, load: 0.5 },
    task: { class: 'chat', complexity: 'simple' },
    because: [],
    candidates: [
      {
        model: 'beta',
        scores: { cost: 1, speed: 0, quality: 0, load: 0 },
        quality: { value: 0.9, source: 'prior', samples: 0 },
        expected_start_seconds: null,
      },
      { model: 'alpha', scores: { cost: 0, quality: 1 } },
    ],
  },
};

/** By its name, or with what each model lacks and what it would have cost. */
async function refusesWhatCannotBe(client: ApiClient): Promise<void> {
  const wrong = { ...job, routing: { strategy: 'quickest', min_quality: 7 } };
  const refused = await client.call('/v1/jobs', { body: wrong });
  expect(refused.status).toBe(400);
  expect(refused.json()).toMatchObject({
    code: 'invalid_request',
    errors: [{ pointer: '/routing/strategy' }, { pointer: '/routing/min_quality' }],
  });
  const tooGood = { ...job, routing: { min_quality: 0.95 } };
  expect((await client.call('/v1/jobs', { body: tooGood })).json()).toMatchObject({
    code: 'no_eligible_model',
    errors: [{ code: 'quality_too_low' }, { code: 'quality_too_low' }],
  });
  const floor = { ...job, routing: { min_quality: 0.7 } };
  const usd = expect.stringMatching(/^0\.0/);
  expect((await client.call('/v1/route', { body: floor })).json()).toMatchObject({
    route: {
      candidates: [{ model: 'beta' }],
      exclusions: [
        {
          ...{ model: 'alpha', code: 'quality_too_low', expected_cost_usd: usd },
          quality: { value: 0.6 },
        },
      ],
    },
  });
}
