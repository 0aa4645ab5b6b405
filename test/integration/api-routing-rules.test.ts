import { expect, test } from 'vitest';
import { startInProcessApi } from '../support/api-in-process.ts';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();

const model = (name: string, tags: string, more = '') => `
  ${name}:
    context_window: 100000
    tags: [${tags}]
    price: { input: "1", output: "4", source: simulator }
    deployments: [{ provider: sim }]
    ${more}`;

const config = `
providers:
  sim: { dialect: openai, base_url: "http://127.0.0.1:9/v1" }
models:${[
  model('llama', 'open_weights, eu'),
  model('cloud', 'us'),
  model('old', 'us', 'retires: 2020-01-01\n    replaced_by: cloud'),
  model('pinned', 'us', 'retires: 2999-01-01\n    replaced_by: cloud'),
].join('')}
routes:
  auto: { strategy: cheapest, targets: [cloud, llama] }
aliases:
  gpt: { versions: [{ model: old }, { model: llama, from: 2999-01-01 }] }
rules:
  - name: open-only
    when: { tenant: research }
    then: { require_tags: [open_weights] }
  - name: eu-stays
    when: { any: [{ headers: { x-data-region: eu } }, { metadata: { region: "eu-*" } }] }
    then: { require_tags: [eu] }
`;

/** As much of a shown plan as is read here. */
interface ShownRoute {
  readonly candidates: readonly { readonly model: string }[];
  readonly exclusions: readonly object[];
  readonly because: readonly string[];
}

const jobFor = (named: object) => ({
  kind: 'chat.completions',
  body: { messages: [{ role: 'user', content: 'Say hello.' }] },
  ...named,
});

test('rules and aliases decide at intake, alike for dry runs and jobs', async () => {
  const api = await startInProcessApi(redis().url, config);
  const [acme, research] = [await api.client('acme'), await api.client('research')];
  const routeOf = async (client: typeof acme, named: object, headers = {}) => {
    const answer = await client.call('/v1/route', { body: jobFor(named), headers });
    expect(answer.status, answer.text).toBe(200);
    // What the api says; `toMatchObject` below finds what is missing.
    const { route } = answer.json() as { route: ShownRoute };
    return { ...route, models: route.candidates.map((each) => each.model) };
  };

  // Whose job it is decides, and nobody else's facts.
  expect(await routeOf(acme, { model: 'auto' })).toMatchObject({
    models: ['cloud', 'llama'],
    because: [],
  });
  expect(await routeOf(research, { model: 'auto' })).toMatchObject({
    models: ['llama'],
    exclusions: [{ model: 'cloud', code: 'tag_missing' }],
    because: ['rule open-only'],
  });
  const region = { 'X-Data-Region': 'eu' };
  expect((await routeOf(acme, { model: 'auto' }, region)).because).toEqual(['rule eu-stays']);

  // A job keeps what was decided, without what decided it.
  const body = jobFor({ model: 'auto' });
  const submitted = await acme.call('/v1/jobs', { body, headers: region });
  expect(submitted.status, submitted.text).toBe(202);
  expect(submitted.json()).toMatchObject({
    requested_model: 'auto',
    model: 'llama',
    route: { because: ['rule eu-stays'] },
  });
  const refused = await acme.call('/v1/jobs', {
    body: jobFor({ model: 'cloud', metadata: { region: 'eu-west' } }),
  });
  expect(refused.status).toBe(422);
  expect(refused.json()).toMatchObject({
    code: 'no_eligible_model',
    errors: [{ code: 'tag_missing', detail: 'cloud: lacks the tag eu' }],
  });

  // The version of an alias that has retired gives way; one that is named itself is refused.
  const alias = await acme.call('/v1/jobs', { body: jobFor({ model: 'gpt' }) });
  expect(alias.json()).toMatchObject({
    requested_model: 'gpt',
    model: 'cloud',
    route: { because: ['alias gpt → cloud'] },
  });
  const retired = await acme.call('/v1/jobs', { body: jobFor({ model: 'old' }) });
  expect(retired.status).toBe(422);
  expect(retired.json()).toMatchObject({
    errors: [{ code: 'retired', detail: expect.stringContaining('name "cloud" instead') }],
  });
  expect(await routeOf(acme, { model: 'pinned' })).toMatchObject({ models: ['pinned'] });
});
