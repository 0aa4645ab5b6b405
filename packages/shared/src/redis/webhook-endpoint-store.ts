/**
 * Registered webhook endpoints in Redis: all of a tenant in one hash on the tenant's slot, and
 * beside it what the scripts that write events read. Every write is one script.
 */
import { newToken, type TenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type {
  EndpointAttempt,
  EndpointRef,
  EndpointWrite,
  EventPage,
  NumberedEvent,
  ReplayResult,
  ReplayWindow,
  WebhookEndpointStore,
} from '../ports/webhook-endpoint-store.ts';
import type { RedisClient } from './connection.ts';
import { decodeEndpoint, encodeEndpoint, filterOf } from './endpoint-codec.ts';
import type { EndpointKeys, StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { readSubject, type StoredEvent } from './stored-event.ts';

export interface WebhookEndpointStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createWebhookEndpointStore(deps: WebhookEndpointStoreDeps): WebhookEndpointStore {
  const { client, scripts, keys } = deps;
  return {
    async list(tenant) {
      const texts = await askStore(() => client.hvals(keys.webhookEndpoints(tenant)));
      const endpoints = texts.map((text) => decodeEndpoint(tenant, text));
      return endpoints.toSorted((left, right) => left.createdAtMs - right.createdAtMs);
    },
    async read({ tenant, id }) {
      const text = await askStore(() => client.hget(keys.webhookEndpoints(tenant), id));
      return text === null ? undefined : decodeEndpoint(tenant, text);
    },
    async write(endpoint, told) {
      const { tenant, id, version } = endpoint;
      const reply = await scripts.run({
        script: 'endpoint-write',
        keys: [
          keys.webhookEndpoints(tenant),
          keys.webhookFilters(tenant),
          keys.endpointsDue(keys.shardOf(tenant)),
        ],
        args: [
          id,
          version === 1 ? '' : version - 1,
          encodeEndpoint(endpoint),
          filterOf(endpoint),
          limits.webhookEndpointsMax,
          tenant,
          told === undefined ? '' : JSON.stringify(told),
          version,
        ],
      });
      return readWrite(asText(reply));
    },
    async remove({ tenant, id }) {
      const reply = await scripts.run({
        script: 'endpoint-remove',
        keys: [
          keys.webhookEndpoints(tenant),
          keys.webhookFilters(tenant),
          keys.endpointsDue(keys.shardOf(tenant)),
          handoutOf(keys, tenant, newToken('remove')),
        ],
        args: [id],
      });
      return asText(reply) === '1';
    },
    listEvents: (ref, after, limit) => listEvents(deps, ref, { after, limit }),
    async listAttempts(ref, limit) {
      const lines = await askStore(() =>
        client.lrange(endpointKeys(keys, ref).attempts, -limit, -1),
      );
      // Written by `outbox-record` and by nobody else.
      return lines.map((line) => JSON.parse(line) as EndpointAttempt).toReversed();
    },
    replay: (ref, window) => replay(deps, ref, window),
    async test({ tenant, id }, eventId, data) {
      const reply = await scripts.run({
        script: 'endpoint-test',
        keys: [keys.webhookEndpoints(tenant), keys.endpointsDue(keys.shardOf(tenant))],
        args: [id, eventId, tenant, JSON.stringify(data)],
      });
      return asText(reply) === '1';
    },
  };
}

function handoutOf(keys: StoreKeys, tenant: TenantId, token: string): string {
  return keys.handout({ shard: keys.shardOf(tenant) }, token);
}

async function replay(
  { scripts, keys }: WebhookEndpointStoreDeps,
  { tenant, id }: EndpointRef,
  { first, last, limit, eventId }: ReplayWindow,
): Promise<ReplayResult> {
  const run = newToken('run');
  const reply = await scripts.run({
    script: 'endpoint-replay',
    keys: [
      keys.webhookEndpoints(tenant),
      keys.endpointsDue(keys.shardOf(tenant)),
      handoutOf(keys, tenant, run),
    ],
    args: [id, first, last ?? '+', limit, eventId ?? '', run],
  });
  const [count, lastText, more] = asList(reply).map(asText);
  return { count: Number(count), last: Number(lastText), hasMore: more === '1' };
}

function endpointKeys(keys: StoreKeys, { tenant, id }: EndpointRef): EndpointKeys {
  return keys.endpoint(keys.shardOf(tenant), id);
}

const writes: readonly EndpointWrite[] = ['written', 'conflict', 'missing', 'full'];

function readWrite(text: string): EndpointWrite {
  const write = writes.find((candidate) => candidate === text);
  if (write === undefined) throw new Error(`endpoint-write.lua answered "${text}"`);
  return write;
}

/** The newest number is read first: what it counts and the page does not show has left the list. */
async function listEvents(
  { client, keys }: WebhookEndpointStoreDeps,
  ref: EndpointRef,
  { after, limit }: { after: number; limit: number },
): Promise<EventPage> {
  const at = endpointKeys(keys, ref);
  const newest = Number((await askStore(() => client.get(at.sequence))) ?? '0');
  const entries = await askStore(() => client.xrange(at.log, `(${after}-0`, '+', 'COUNT', limit));
  return { events: entries.flatMap(readEntry), newest };
}

function readEntry([entryId, [, id = '', , text = '{}']]: [string, string[]]): NumberedEvent[] {
  // Written by include/hooks.lua and by nobody else; its parts are checked there.
  const stored = JSON.parse(text) as StoredEvent;
  const subject = readSubject(stored);
  if (subject === undefined) return [];
  return [{ ...subject, id, sequence: Number.parseInt(entryId, 10), atMs: Number(stored.at) }];
}
