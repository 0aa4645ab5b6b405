import { createKey } from '@forebay/shared/tenants/manage-keys';
import { expect, test } from 'vitest';
import { type InProcessApi, startInProcessApi } from '../support/api-in-process.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { useRedis } from '../support/redis.ts';
import { tenantNamed } from '../support/store.ts';
import { waitUntil } from '../support/wait-until.ts';

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
  tried: { strategy: cheapest, targets: [cloud], canary: { model: llama, percent: 100 } }
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

  // A list takes models; a route in it is not dropped without a word.
  const list = await acme.call('/v1/jobs', { body: jobFor({ models: ['cloud', 'auto'] }) });
  expect(list.status).toBe(400);
  expect(list.json()).toMatchObject({ code: 'invalid_request', param: 'models.1' });
});

/** The models of a plan in order, then what had a part in it. */
async function orderOf(caller: ApiClient, job: object): Promise<readonly string[]> {
  const answer = await caller.call('/v1/route', { body: jobFor(job) });
  expect(answer.status, answer.text).toBe(200);
  // What the api says; a missing member fails the test.
  const { route } = answer.json() as { route: ShownRoute };
  return [...route.candidates.map(({ model }) => model), ...route.because];
}

/** Until then every model is doubted, and nobody's taste decides. */
async function waitForWorkers({ store }: InProcessApi, client: ApiClient): Promise<void> {
  for (const name of ['cloud', 'llama']) await store.lanes.heartbeat(name, 'worker');
  const wish = { model: 'auto', routing: { prefer: ['llama'] } };
  const isHeard = async () => (await orderOf(client, wish))[0] === 'llama';
  await waitUntil(isHeard, { what: 'models that nothing speaks against' });
}

test('preferences of keys and users order and avoid models, each of its own tenant', async () => {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client('acme');
  const path = `/v1/users/${encodeURIComponent('ann/1')}/preferences`;
  const preferences = { preferred_models: ['llama'], avoided_models: [] };

  // What is wrong is refused by name and changes nothing.
  expect((await client.call(path)).status).toBe(404);
  const wrong = { method: 'PUT', body: { preferred_models: ['lama'] } };
  const refused = await client.call(path, wrong);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('did you mean \\"llama\\"?');
  expect((await client.call(path)).status).toBe(404);

  expect((await client.call(path, { method: 'PUT', body: preferences })).status).toBe(200);
  expect((await client.call(path)).json()).toMatchObject({ user: 'ann/1', ...preferences });
  const byUser = ['llama', 'cloud', 'wishes of the user'];
  await waitForWorkers(api, client);
  expect(await orderOf(client, { model: 'auto', user: 'ann/1' })).toEqual(byUser);
  expect(await orderOf(client, { model: 'auto', user: 'bob' })).toEqual(['cloud', 'llama']);
  const other = await api.client('other');
  expect(await orderOf(other, { model: 'auto', user: 'ann/1' })).toEqual(['cloud', 'llama']);
  expect((await other.call(path)).status).toBe(404);

  // A key's own wishes come after those of the user.
  const weights = { quality: 4 };
  const settings = { avoidedModels: ['cloud', 'llama'], preferredModels: [], weights };
  const made = await createKey(api.manage, {
    tenant: tenantNamed('acme'),
    environment: 'test',
    settings,
  });
  const keyed = createApiClient({ url: api.url, key: made.text });
  expect(await orderOf(keyed, { model: 'auto', user: 'ann/1' })).toEqual([
    'llama',
    'wishes of the user',
    'wishes of the key',
    'weights of the key',
  ]);
  expect((await client.call(path, { method: 'DELETE' })).status).toBe(204);
  expect((await client.call(path, { method: 'DELETE' })).status).toBe(404);
  expect(await orderOf(client, { model: 'auto', user: 'ann/1' })).toEqual(['cloud', 'llama']);

  // A canary comes first for its share, and is no candidate of other routes.
  expect(await orderOf(client, { model: 'tried' })).toEqual(['llama', 'cloud', 'canary llama']);
  const models = (await client.call('/v1/models')).json();
  expect(models).toMatchObject({
    data: expect.arrayContaining([
      expect.objectContaining({ id: 'old', life: 'retired', replaced_by: 'cloud' }),
      expect.objectContaining({ id: 'pinned', life: 'active' }),
      expect.objectContaining({ id: 'gpt', alias_of: 'cloud' }),
    ]),
  });
});

test('a job has wishes of its own, and its session stays with a model', async () => {
  const api = await startInProcessApi(redis().url, config);
  const client = await api.client('acme');
  await waitForWorkers(api, client);
  // A job's own wishes come before all others, and are refused when they name nothing.
  const wish = { model: 'auto', routing: { avoid: ['cloud'] } };
  expect(await orderOf(client, wish)).toEqual(['llama', 'wishes of the job']);
  const slip = await client.call('/v1/jobs', {
    body: jobFor({ model: 'auto', routing: { prefer: ['gtp'] } }),
  });
  expect(slip.json()).toMatchObject({ code: 'invalid_request', param: 'routing.prefer.0' });

  // A session stays with the model that took its last job, for what it names and in its tenant.
  const inSession = { model: 'auto', routing: { session: 'talk' } };
  const first = { model: 'auto', routing: { session: 'talk', prefer: ['llama'] } };
  expect((await client.submit(jobFor(first))).raw).toMatchObject({ model: 'llama' });
  expect(await orderOf(client, inSession)).toEqual(['llama', 'cloud', 'session stays with llama']);
  expect(await orderOf(await api.client('other'), inSession)).toEqual(['cloud', 'llama']);
  expect((await client.submit(jobFor(inSession))).raw).toMatchObject({ model: 'llama' });
});

test('a session stays with its model whichever api process takes its next job', async () => {
  const one = await startInProcessApi(redis().url, config);
  const two = await startInProcessApi(redis().url, config, { namespace: one.store.namespace });
  const key = await one.newKey('acme');
  const [here, there] = [one, two].map(({ url }) => createApiClient({ url, key }));
  if (here === undefined || there === undefined) throw new Error('there are two of them');
  await Promise.all([waitForWorkers(one, here), waitForWorkers(two, there)]);
  const inSession = { model: 'auto', routing: { session: 'talk' } };
  const moved = { model: 'auto', routing: { session: 'talk', prefer: ['llama'] } };
  expect((await here.submit(jobFor(moved))).raw).toMatchObject({ model: 'llama' });
  const asPinned = ['llama', 'cloud', 'session stays with llama'];
  // The pin is written beside the answer, and what a process has read it believes for 5 s.
  await waitUntil(async () => (await orderOf(there, inSession)).join() === asPinned.join(), {
    what: 'the other process to know where the session stays',
  });
  expect((await there.submit(jobFor(inSession))).raw).toMatchObject({ model: 'llama' });
  expect(await orderOf(here, inSession)).toEqual(asPinned);
});
