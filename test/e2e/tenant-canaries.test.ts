/**
 * What one tenant says is shown to nobody else (P18), and secrets are shown nowhere (P19): every
 * field that a tenant chooses holds a text of its own, jobs go well and badly, and then everything
 * that others, operators and disks get to see is searched for these texts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { webhookQueueName } from '@forebay/shared/queue/queue-names';
import { expect, test } from 'vitest';
import { monitorUrl, startForebay, type TestForebay } from '../support/forebay.ts';
import { type ApiClient, createApiClient } from '../support/http.ts';
import { listMember, textMember } from '../support/read-member.ts';
import { useRedis } from '../support/redis.ts';
import { registerKey } from '../support/register-key.ts';
import { useStore } from '../support/store.ts';
import { startTraceCollector } from '../support/trace-collector.ts';
import { twoModels, twoModelsScenario } from '../support/two-models.ts';
import { type EndedJob, readAllEnded } from '../support/verdict.ts';
import { waitUntil } from '../support/wait-until.ts';

const redis = useRedis();

interface Tenant {
  readonly texts: Texts;
  readonly key: string;
  readonly api: ApiClient;
}

async function setup() {
  const collector = await startTraceCollector();
  const forebay = await startForebay({
    redisUrl: redis().url,
    config: `${twoModels}\nusage: { metadata_keys: [team] }\n`,
    scenario: twoModelsScenario,
    env: { ...collector.env, LOG_LEVEL: 'trace', WORKER_METRICS_PORT: '0' },
  });
  const api = await forebay.startApi();
  const worker = await forebay.startWorker('w1');
  const tenant = async (name: string): Promise<Tenant> => {
    const texts = new Texts(name);
    const label = texts.of('label');
    const key = await registerKey(redis().url, forebay.namespace, { name, label });
    return { texts, key, api: createApiClient({ url: api.url, key }) };
  };
  const tenants = { one: await tenant('one'), other: await tenant('other') };
  return { ...tenants, collector, forebay, api, worker };
}

type Stage = Awaited<ReturnType<typeof setup>>;

/** What happens to a job is said in its prompt: well, moved on, refused, unclear, nonsense. */
const fates = [
  '',
  '[[sim:server_error status=503 model=alpha]]',
  '[[sim:bad_request]]',
  '[[sim:cut_mid_body]]',
  '[[sim:invalid_json]]',
];

/** The texts of a tenant, each with the name of its field in it. */
class Texts {
  readonly all: string[] = [];
  readonly #tenant: string;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  of(field: string): string {
    const text = `canary-${this.#tenant}-${field}-${this.all.length}`;
    this.all.push(text);
    return text;
  }
}

function jobOf({ forebay }: Stage, { texts }: Tenant, fate: string) {
  return {
    kind: 'chat.completions',
    model: 'alpha',
    body: {
      messages: [
        { role: 'system', content: texts.of('system') },
        { role: 'user', content: `${texts.of('prompt')} ${fate}` },
      ],
      user: texts.of('body-user'),
      max_tokens: 40,
    },
    metadata: { [texts.of('metadata-key')]: texts.of('metadata'), team: texts.of('team') },
    user: texts.of('user'),
    custom_id: texts.of('custom-id'),
    webhook: {
      url: `${forebay.simulator.sinkUrl}/ok/${texts.of('job-hook')}?t=${texts.of('query')}`,
    },
    stream: true,
  };
}

/** Submits alone and in bulk, and retries. @returns all jobs, ended. */
async function runJobs(stage: Stage, tenant: Tenant): Promise<readonly EndedJob[]> {
  const { api, texts } = tenant;
  const submit = (fate: string) =>
    api.submit(jobOf(stage, tenant, fate), { 'idempotency-key': texts.of('key') });
  const single = await Promise.all(fates.map(submit));
  const bulk = await api.call('/v1/jobs:bulk', {
    body: `${JSON.stringify(jobOf(stage, tenant, ''))}\n`,
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': texts.of('bulk-key') },
  });
  const batch = bulk.headers.get('forebay-batch-id') ?? '';
  const listed = listMember((await api.call(`/v1/jobs?batch=${batch}`)).json(), 'data');
  const ended = await readAllEnded(api, [
    ...single.map(({ id }) => id),
    ...listed.map((job) => textMember(job, 'id')),
  ]);
  const failed = ended.find(({ status }) => status === 'failed');
  const again = await api.call(`/v1/jobs/${failed?.id}/retry`, {
    method: 'POST',
    headers: { 'idempotency-key': texts.of('retry-key') },
  });
  const more = await readAllEnded(api, [textMember(again.json(), 'id')]);
  return [...ended, ...more];
}

/** Requests that are refused, each for something that it says. */
async function runNonsense({ api, texts }: Tenant): Promise<void> {
  const said = (): string => texts.of('nonsense');
  const posts = [
    `{"kind": ${said()}`,
    { [said()]: said() },
    { kind: 'chat.completions', model: said(), body: { messages: said() } },
    { kind: 'chat.completions', model: 'alpha', body: { messages: [], tools: said() } },
    { kind: 'chat.completions', model: 'alpha', body: {}, webhook: { url: `http://${said()}/` } },
  ];
  for (const body of posts) {
    expect((await api.call('/v1/jobs', { body })).status).toBeGreaterThanOrEqual(400);
  }
  const gets = [`/v1/jobs/${said()}`, `/v1/jobs?${said()}=${said()}`, `/${said()}?${said()}`];
  for (const path of gets) expect((await api.call(path)).status).toBeGreaterThanOrEqual(400);
}

/** Places and what was to be read there. */
type Sights = readonly (readonly [place: string, text: string])[];

async function registerHooks(stage: Stage, { api, texts }: Tenant) {
  const { sinkUrl } = stage.forebay.simulator;
  const register = async (path: string) => {
    const place = texts.of('endpoint');
    const url = `${sinkUrl}${path}/${place}?token=${texts.of('token')}`;
    const body = { url, description: texts.of('description'), events: ['*'] };
    const made = (await api.call('/v1/webhooks', { body })).json();
    return { place, id: textMember(made, 'id'), secret: textMember(made, 'secret') };
  };
  return [await register('/ok'), await register('/status/500')];
}

const usagePath = '/v1/usage?group_by=metadata.team,user,batch,key';

/** All that a tenant can read by what it owns. */
async function sightsOfTenant(
  { api }: Tenant,
  jobs: readonly EndedJob[],
  hooks: readonly { readonly id: string }[],
): Promise<Sights> {
  const paths = [
    ...['/v1/jobs?limit=100', '/v1/webhooks', '/v1/models', '/v1/analytics?group_by=model'],
    ...[usagePath, '/v1/usage?group_by=metadata.team,user&format=csv'],
    ...jobs.flatMap(({ id }) =>
      ['', '/result', '/events', '/spend'].map((end) => `/v1/jobs/${id}${end}`),
    ),
    ...hooks.flatMap(({ id }) =>
      ['', '/events', '/attempts'].map((end) => `/v1/webhooks/${id}${end}`),
    ),
  ];
  return Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const { text, headers } = await api.call(path);
      return [path, text + JSON.stringify([...headers])];
    }),
  );
}

/** What providers and receivers get on behalf of the tenant whose texts these are. */
function sightsOfOutside({ forebay: { simulator } }: Stage, texts: Texts): Sights {
  const isOf = (text: string): boolean => texts.all.some((own) => text.includes(own));
  const requests = simulator.requests().filter(({ body }) => isOf(body));
  const deliveries = simulator.deliveries().filter(({ path }) => isOf(path));
  expect(requests.length).toBeGreaterThanOrEqual(fates.length);
  expect(deliveries.length).toBeGreaterThanOrEqual(fates.length);
  return [
    ...requests.map(({ path, headers, body }): [string, string] => [
      `provider ${path}`,
      body + JSON.stringify(headers),
    ]),
    ...deliveries.map(({ path, headers, body_base64: body }): [string, string] => [
      `receiver ${path}`,
      Buffer.from(body, 'base64').toString() + JSON.stringify(headers),
    ]),
  ];
}

async function sightsOfOperator(stage: Stage, jobs: readonly EndedJob[]): Promise<Sights> {
  const { api, worker, collector } = stage;
  const metrics = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();
  await collector.find('the end of a delivery', ({ name }) => name === 'deliver webhook');
  return [
    ['log of the api', api.process.output()],
    ['log of the worker', worker.output()],
    ['metrics of the api', await metrics(api.adminUrl)],
    ['metrics of the worker', await metrics(monitorUrl(worker))],
    ['traces', collector.text()],
    ...(await sightsOfBoard(stage, jobs)),
  ];
}

const boardQueues = ['model-alpha', 'model-beta', webhookQueueName];
const boardStates = ['latest', 'completed', 'failed'];

async function sightsOfBoard({ api, forebay }: Stage, jobs: readonly EndedJob[]): Promise<Sights> {
  const text = `admin:${forebay.adminKey}`;
  const authorization = `Basic ${Buffer.from(text).toString('base64')}`;
  const board = createApiClient({ url: api.adminUrl });
  const lists = boardQueues.flatMap((queue) =>
    boardStates.map((state) => `?activeQueue=${queue}&status=${state}&page=1&jobsPerPage=200`),
  );
  const tickets = jobs.map(({ id }) => `/model-alpha/${id}-1`);
  const paths = [...lists, ...tickets].map((end) => `/board/api/queues${end}`);
  const seen = await Promise.all(
    ['/board/', ...paths].map(async (path): Promise<[string, string]> => {
      const answer = await board.call(path, { headers: { authorization } });
      expect(answer.status, path).toBe(200);
      return [path, answer.text];
    }),
  );
  for (const { id } of jobs) expect(JSON.stringify(seen)).toContain(`${id}-1`);
  return seen;
}

/** Every key of the store as it would stand on a disk; values are not compressed. */
async function sightsOfStore({ forebay: { namespace } }: Stage): Promise<Sights> {
  const { client } = await useStore(redis().url, { namespace });
  await client.config('SET', 'rdbcompression', 'no');
  const keys = await client.keys('*');
  return Promise.all(
    keys.map(
      async (key): Promise<[string, string]> => [
        key,
        (await client.dumpBuffer(key))?.toString('latin1') ?? '',
      ],
    ),
  );
}

function sightsOfDisk({ dataDir }: TestForebay): Sights {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .map((path) => [path, readFileSync(path, 'latin1')]);
}

function expectUnseen(texts: readonly string[], sights: Sights): void {
  const seen = sights.flatMap(([place, shown]) =>
    texts.filter((text) => shown.includes(text)).map((text) => `${text} in ${place}`),
  );
  expect(seen).toEqual([]);
}

/** What only a job's own payload and answer may hold. */
function contentOf(texts: Texts, jobs: readonly EndedJob[]): readonly string[] {
  const answers = jobs.flatMap(({ raw }) => {
    const [, answer] = /"content":"([^"\\]{30,60})/.exec(JSON.stringify(raw['result'])) ?? [];
    return answer ?? [];
  });
  expect(answers.length).toBeGreaterThan(0);
  return [
    ...texts.all.filter((text) => /-(system|prompt|body-user|nonsense)-/.test(text)),
    ...answers,
  ];
}

test("one tenant's texts and all secrets stay where they belong", async () => {
  const stage = await setup();
  const { one, other, forebay } = stage;
  const act = async (tenant: Tenant) => {
    const hooks = await registerHooks(stage, tenant);
    const jobs = await runJobs(stage, tenant);
    await runNonsense(tenant);
    return { tenant, texts: tenant.texts, hooks, jobs };
  };
  const [first, second] = await Promise.all([act(one), act(other)]);
  expect(new Set(first.jobs.map(({ status }) => status))).toEqual(new Set(['succeeded', 'failed']));
  const isTold = ({ hooks, jobs }: typeof first): boolean =>
    forebay.simulator.deliveries(`/ok/${hooks[0]?.place}`).length >= jobs.length;
  await waitUntil(() => isTold(first) && isTold(second), { what: 'webhooks of every end' });

  const shown = await Promise.all(
    [first, second].map(async ({ tenant, texts, jobs, hooks }) => [
      ...(await sightsOfTenant(tenant, jobs, hooks)),
      ...sightsOfOutside(stage, texts),
    ]),
  );
  const [toFirst = [], toSecond = []] = shown;
  expect(new Map(toFirst).get(usagePath)).toContain('canary-one-team-');
  const idsOf = ({ jobs, hooks }: typeof first): readonly string[] => [
    ...[...jobs, ...hooks].map(({ id }) => id),
    ...jobs.flatMap(({ raw }) => (typeof raw['batch_id'] === 'string' ? raw['batch_id'] : [])),
  ];
  const contentsOf = ({ texts, jobs }: typeof first) => contentOf(texts, jobs);
  expectUnseen([...first.texts.all, ...contentsOf(first), ...idsOf(first)], toSecond);
  expectUnseen([...second.texts.all, ...contentsOf(second), ...idsOf(second)], toFirst);

  const contents = [...contentsOf(first), ...contentsOf(second)];
  const toOperator = await sightsOfOperator(stage, [...first.jobs, ...second.jobs]);
  expectUnseen([...first.texts.all, ...second.texts.all, ...contents], toOperator);

  const stored = await sightsOfStore(stage);
  const isContent = ([key]: readonly [string, string]) => /:(payload|result|deltas)$/.test(key);
  expectUnseen(
    contents,
    stored.filter((sight) => !isContent(sight)),
  );
  expect(JSON.stringify(stored.filter(isContent))).toContain(contents[0]);

  const everywhere = [...toFirst, ...toSecond, ...toOperator, ...stored, ...sightsOfDisk(forebay)];
  expectUnseen(
    [
      ...[one, other].flatMap(({ key }) => [key, key.split('_')[3] ?? key]),
      ...[...first.hooks, ...second.hooks].map(({ secret }) => secret.slice('whsec_'.length)),
      ...[forebay.adminKey, forebay.webhookSecret.slice('whsec_'.length)],
      forebay.env['FOREBAY_KEY_PEPPER'] ?? '',
    ],
    everywhere,
  );
  expectUnseen(
    [forebay.env['PROVIDER_KEY'] ?? ''],
    everywhere.filter(([place]) => !place.startsWith('provider ')),
  );
});
