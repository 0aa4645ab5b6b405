/**
 * One of everything that a tenant can have, with a text of its own in every field that the tenant
 * chooses: whoever else sees one of these texts has seen too much.
 */
import { randomBytes } from 'node:crypto';
import { newJobId, newToken, parseJobId } from '@forebay/shared/domain/ids';
import { newWebhookEndpointId } from '@forebay/shared/domain/webhook-endpoint';
import type { InProcessApi } from './api-in-process.ts';
import { archiveJobs } from './archive-jobs.ts';
import type { ApiClient } from './http.ts';
import { answerJob, claimJob, endUnanswered, failAttempt, showText } from './play-worker.ts';
import { listMember, textMember } from './read-member.ts';
import { muchLater, type OwnedKind } from './route-samples.ts';
import { archiveIn, testTenant } from './store.ts';

export type Names = Readonly<Record<OwnedKind, string>>;

export interface Belongings {
  /** Ids by what is special about each. */
  readonly jobs: ReadonlyMap<string, string>;
  /** Everything else that can be named. */
  readonly names: Omit<Names, 'job'>;
}

/** Begins every text that only its owner may see. */
export const canary = 'canary';

function canaryIn(field: string): string {
  return `${canary}-${field}-${randomBytes(6).toString('hex')}`;
}

const key = canaryIn('key');

function request() {
  return {
    kind: 'chat.completions',
    model: 'alpha',
    body: { messages: [{ role: 'user', content: canaryIn('prompt') }], max_tokens: 20 },
    metadata: { [canaryIn('metadata-key')]: canaryIn('metadata') },
    user: canaryIn('user'),
    custom_id: canaryIn('custom-id'),
    webhook: { url: `http://127.0.0.1:9/${canaryIn('job-webhook')}` },
    stream: true,
  };
}

/** @param client of the tenant whose jobs `play-worker` moves. */
export async function makeBelongings(api: InProcessApi, client: ApiClient): Promise<Belongings> {
  const endpoint = await registerEndpoint(client);
  const jobs = new Map<string, string>();
  for (const [what, make] of Object.entries(makers)) jobs.set(what, await make(api, client));
  const batch = await submitBatch(client);
  await failDeliveries(api);
  const user = `customer-${randomBytes(6).toString('hex')}`;
  const wishes = { avoided_models: ['beta'] };
  await client.call(`/v1/users/${user}/preferences`, { method: 'PUT', body: wishes });
  const events = (await client.call(`/v1/webhooks/${endpoint}/events?limit=1`)).json();
  const list = (await client.call('/v1/jobs?limit=1')).json();
  return {
    jobs,
    names: {
      ...{ endpoint, batch, key, user },
      event: textMember(listMember(events, 'data')[0], 'id'),
      cursor: textMember(list, 'next'),
    },
  };
}

/** Names of the same form that nobody has. */
export function namesOfNobody(like: Belongings): Names {
  return {
    job: newJobId(),
    endpoint: newWebhookEndpointId(),
    event: `evt_${randomBytes(20).toString('hex')}_1`,
    batch: newToken('bulk'),
    cursor: randomBytes(Buffer.from(like.names.cursor, 'base64url').length).toString('base64url'),
    key: `nobody-${randomBytes(12).toString('hex')}`,
    user: `customer-${randomBytes(6).toString('hex')}`,
  };
}

type Maker = (api: InProcessApi, client: ApiClient) => Promise<string>;

const makers: Readonly<Record<string, Maker>> = {
  async scheduled(_api, client) {
    const job = { ...request(), run_at: muchLater };
    return (await client.submit(job, { 'idempotency-key': key })).id;
  },
  queued: async (_api, client) => (await client.submit(request())).id,
  running: claimed,
  async 'waiting again'(api, client) {
    const id = await claimed(api, client);
    await showText(api, id, { batch: 1, texts: [canaryIn('lost-text')] });
    await failAttempt(api, id);
    return id;
  },
  async cancelling(api, client) {
    const id = await claimed(api, client);
    await cancel(client, id);
    return id;
  },
  succeeded: answered,
  'succeeded at length': (api, client) => answered(api, client, 300_000),
  async failed(api, client) {
    const id = await claimed(api, client);
    await endUnanswered(api, id, { to: 'failed', message: canaryIn('error') });
    return id;
  },
  cancelled,
  async expired(api, client) {
    const { id } = await client.submit(request());
    await endUnanswered(api, id, { to: 'expired', message: canaryIn('reason') });
    return id;
  },
  archived: async (api, client) => archived(api, await answered(api, client)),
  'archived at length': async (api, client) => archived(api, await answered(api, client, 300_000)),
  'archived without an answer': async (api, client) => archived(api, await cancelled(api, client)),
  async deleted(api, client) {
    const id = await answered(api, client);
    await client.call(`/v1/jobs/${id}`, { method: 'DELETE' });
    return id;
  },
  async 'of an unknown schema'(api, client) {
    const { id } = await client.submit(request());
    const { store } = api;
    await store.client.hset(store.keys.job(testTenant, idOf(id)).job, 'schema', 999);
    return id;
  },
};

async function claimed(api: InProcessApi, client: ApiClient): Promise<string> {
  const { id } = await client.submit(request());
  await claimJob(api, id);
  await showText(api, id, { batch: 1, texts: [canaryIn('text')] });
  return id;
}

/** @param noiseBytes make an answer that does not fit beside the record. */
async function answered(api: InProcessApi, client: ApiClient, noiseBytes = 0): Promise<string> {
  const id = await claimed(api, client);
  const noise = randomBytes(noiseBytes).toString('base64');
  await answerJob(api, id, { choices: [canaryIn('answer')], noise });
  return id;
}

async function cancelled(_api: InProcessApi, client: ApiClient): Promise<string> {
  const { id } = await client.submit(request());
  await cancel(client, id);
  return id;
}

async function cancel(client: ApiClient, id: string): Promise<void> {
  await client.call(`/v1/jobs/${id}/cancel`, { method: 'POST' });
}

async function archived(api: InProcessApi, id: string): Promise<string> {
  const refs = [{ tenant: testTenant, id: idOf(id) }];
  await archiveJobs(api.store, archiveIn(`${api.dataDir}/objects`), refs);
  return id;
}

async function registerEndpoint(client: ApiClient): Promise<string> {
  const body = {
    url: `http://127.0.0.1:9/${canaryIn('endpoint')}`,
    description: canaryIn('description'),
    events: ['*'],
  };
  return textMember((await client.call('/v1/webhooks', { body })).json(), 'id');
}

/** Plays a receiver that refuses every event, and repeats in its answer what it has got. */
async function failDeliveries({ store }: InProcessApi): Promise<void> {
  const shard = store.keys.shardOf(testTenant);
  const turn = { shard, limit: 100, perEndpoint: 4, holdMs: 60_000 };
  for (const event of await store.outbox.take(turn)) {
    await store.outbox.record({
      event,
      attempt: {
        ...{ atMs: 0, durationMs: 1, outcome: 'failed', status: 500, errorClass: 'http_status' },
        responseExcerpt: canaryIn('receiver'),
      },
      verdict: { kind: 'retry', afterMs: 60_000 },
    });
  }
}

async function submitBatch(client: ApiClient): Promise<string> {
  const body = [request(), request()].map((line) => `${JSON.stringify(line)}\n`).join('');
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': key };
  const answer = await client.call('/v1/jobs:bulk', { body, headers });
  return answer.headers.get('forebay-batch-id') ?? '';
}

function idOf(text: string) {
  const id = parseJobId(text);
  if (id === undefined) throw new Error(`${text} is no job id`);
  return id;
}
