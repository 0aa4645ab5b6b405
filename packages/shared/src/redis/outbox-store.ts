/** The outbox in Redis. The job scripts write events; these scripts hand them out and end them. */
import { newToken, parseJobId, parseTenantId } from '../domain/ids.ts';
import { jobEventTypes } from '../domain/job.ts';
import { limits } from '../domain/limits.ts';
import type {
  DeliveryAttempt,
  DeliveryVerdict,
  OutboxEvent,
  OutboxStore,
} from '../ports/outbox-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';

export interface OutboxStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}

/** What `announce` in include/job.lua writes. */
interface StoredEvent {
  readonly type: string;
  readonly job: string;
  readonly tenant: string;
  readonly url: string;
  readonly version: string;
  readonly at: string;
  readonly attempts?: string;
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
    async record({ event, attempt, verdict }) {
      const shard = keys.shardOf(event.tenant);
      const endpoint = keys.endpoint(shard, event.endpointId);
      await scripts.run({
        script: 'outbox-record',
        keys: [
          keys.endpointsDue(shard),
          endpoint.queue,
          endpoint.events,
          endpoint.inFlight,
          keys.deliveryLog(event.tenant, event.id),
        ],
        args: [
          event.endpointId,
          event.id,
          event.attempts,
          JSON.stringify(attempt),
          verdict.kind,
          waitOf(verdict),
          limits.retentionMs,
        ],
      });
    },
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

function waitOf(verdict: DeliveryVerdict): number {
  return verdict.kind === 'retry' ? Math.ceil(verdict.afterMs) : 0;
}

async function readEvents(
  deps: OutboxStoreDeps,
  shard: number,
  taken: readonly string[],
): Promise<OutboxEvent[]> {
  const events: OutboxEvent[] = [];
  for (let i = 0; i + 1 < taken.length; i += 2) {
    const name = { endpointId: taken[i] ?? '', eventId: taken[i + 1] ?? '' };
    const event = await readEvent(deps, shard, name);
    if (event !== undefined) events.push(event);
  }
  return events;
}

async function readEvent(
  deps: OutboxStoreDeps,
  shard: number,
  name: { endpointId: string; eventId: string },
): Promise<OutboxEvent | undefined> {
  let text: string | null;
  try {
    text = await deps.client.hget(deps.keys.endpoint(shard, name.endpointId).events, name.eventId);
  } catch (error) {
    throw asStoreError(error);
  }
  if (text === null) return undefined;
  // Written by the job scripts and by nobody else; its parts are checked below.
  const stored = JSON.parse(text) as StoredEvent;
  const type = jobEventTypes.find((candidate) => candidate === stored.type);
  const job = parseJobId(stored.job);
  const tenant = parseTenantId(stored.tenant);
  if (type === undefined || job === undefined || tenant === undefined) return undefined;
  return {
    id: name.eventId,
    type,
    tenant,
    job,
    endpointId: name.endpointId,
    url: stored.url,
    version: Number(stored.version),
    atMs: Number(stored.at),
    attempts: Number(stored.attempts ?? '0'),
  };
}
