/** The outbox in Redis. The job scripts write events; these scripts hand them out and end them. */
import { newToken, parseTenantId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import { parseWebhookEndpointId } from '../domain/webhook-endpoint.ts';
import type {
  DeliveryAttempt,
  DeliveryVerdict,
  EndpointVerdict,
  OutboxEvent,
  OutboxStore,
} from '../ports/outbox-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';
import { readSequence, readSubject, type StoredEvent } from './stored-event.ts';

export interface OutboxStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

export function createOutboxStore(deps: OutboxStoreDeps): OutboxStore {
  const { client, scripts, keys } = deps;
  return {
    async take(request) {
      const reply = await scripts.run({
        script: 'outbox-take',
        keys: [
          keys.endpointsDue(request.shard),
          keys.handout({ shard: request.shard }, newToken('take')),
        ],
        args: [
          keys.endpointPrefix(request.shard),
          request.limit,
          request.perEndpoint,
          request.holdMs,
        ],
      });
      return readEvents(deps, request.shard, asList(reply).map(asText));
    },
    read: (tenant, endpointId, eventId) =>
      readEvent(deps, keys.shardOf(tenant), { endpointId, eventId }),
    record: (request) => recordDelivery(deps, request),
    async log(tenant, eventId) {
      try {
        const lines = await client.lrange(keys.deliveryLog(tenant, eventId), 0, -1);
        // Written by `record` above and by nobody else.
        return lines.map((line) => JSON.parse(line) as DeliveryAttempt);
      } catch (error) {
        throw asStoreError(error);
      }
    },
    async countPending(shard) {
      try {
        return await client.zcard(keys.endpointsDue(shard));
      } catch (error) {
        throw asStoreError(error);
      }
    },
  };
}

type RecordRequest = Parameters<OutboxStore['record']>[0];

async function recordDelivery(
  { scripts, keys }: OutboxStoreDeps,
  { event, attempt, verdict, endpoint = { kind: 'untold' }, exhausted }: RecordRequest,
): ReturnType<OutboxStore['record']> {
  const shard = keys.shardOf(event.tenant);
  const at = keys.endpoint(shard, event.endpointId);
  // Registered endpoints have a log of their own, and events for a job's URL one each.
  const isRegistered = parseWebhookEndpointId(event.endpointId) !== undefined;
  const { id: eventId, type, sequence } = event;
  const reply = asList(
    await scripts.run({
      script: 'outbox-record',
      keys: [
        keys.endpointsDue(shard),
        at.queue,
        at.events,
        at.inFlight,
        isRegistered ? at.attempts : keys.deliveryLog(event.tenant, event.id),
        at.health,
      ],
      args: [
        event.endpointId,
        event.id,
        event.attempts,
        JSON.stringify(isRegistered ? { ...attempt, eventId, type, sequence } : attempt),
        verdict.kind,
        waitOf(verdict),
        limits.retentionMs,
        isRegistered ? limits.webhookEndpointAttemptsKept : limits.webhookEventAttemptsKept,
        event.run,
        endpoint.kind === 'untold' ? '' : endpoint.kind,
        holdOf(endpoint),
        exhausted === undefined ? '' : JSON.stringify(exhausted),
      ],
    }),
  );
  if (asText(reply[0]) !== '1') return { kind: 'stale' };
  return { kind: 'recorded', failingForMs: Number(asText(reply[1])) };
}

function waitOf(verdict: DeliveryVerdict): number {
  return verdict.kind === 'retry' ? Math.ceil(verdict.afterMs) : 0;
}

function holdOf(verdict: EndpointVerdict): number {
  return verdict.kind === 'fails' ? Math.ceil(verdict.holdMs) : 0;
}

async function readEvents(
  deps: OutboxStoreDeps,
  shard: number,
  taken: readonly string[],
): Promise<OutboxEvent[]> {
  const names = taken.flatMap((endpointId, i) =>
    i % 2 === 0 ? [{ endpointId, eventId: taken[i + 1] ?? '' }] : [],
  );
  const events = await Promise.all(names.map((name) => readEvent(deps, shard, name)));
  return events.filter((event) => event !== undefined);
}

async function readEvent(
  { client, keys }: OutboxStoreDeps,
  shard: number,
  { endpointId, eventId }: { endpointId: string; eventId: string },
): Promise<OutboxEvent | undefined> {
  const at = keys.endpoint(shard, endpointId);
  let text: string | null;
  let failures: string | null;
  try {
    [text, failures] = await Promise.all([
      client.hget(at.events, eventId),
      client.hget(at.health, 'failures'),
    ]);
  } catch (error) {
    throw asStoreError(error);
  }
  if (text === null) return undefined;
  // Written by our scripts and by nobody else; its parts are checked below.
  const stored = JSON.parse(text) as StoredEvent;
  const subject = readSubject(stored);
  const tenant = parseTenantId(stored.tenant);
  if (subject === undefined || tenant === undefined) return undefined;
  return {
    ...subject,
    id: eventId,
    tenant,
    endpointId,
    url: stored.url,
    sequence: readSequence(stored),
    atMs: Number(stored.at),
    attempts: Number(stored.attempts ?? '0'),
    run: stored.run ?? '',
    endpointFailures: Number(failures ?? '0'),
  };
}
