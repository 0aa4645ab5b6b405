/** Reading jobs: records, payloads, results, and which jobs are due for a check. */
import { parseJobId, parseTenantId } from '../domain/ids.ts';
import type { DueJob, JobRef, JobStore } from '../ports/job-store.ts';
import type { RedisClient } from './connection.ts';
import type { StoreKeys } from './keys.ts';
import { decodeRecord } from './record-codec.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';

export interface JobReadsDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

type Reads = Pick<
  JobStore,
  'read' | 'readPayload' | 'readResult' | 'listDue' | 'postpone' | 'nowMs'
>;

export function createJobReads(deps: JobReadsDeps): Reads {
  const { client, keys, scripts } = deps;
  const bytes = (key: string): Promise<Uint8Array | undefined> =>
    guarded(async () => (await client.getBuffer(key)) ?? undefined);
  return {
    read: (ref) =>
      guarded(async () => {
        const fields = await client.hgetall(keys.job(ref.tenant, ref.id).job);
        const map = new Map(Object.entries(fields));
        return map.size === 0 ? undefined : decodeRecord(map);
      }),
    readPayload: (ref) => bytes(keys.job(ref.tenant, ref.id).payload),
    readResult: (ref) => bytes(keys.job(ref.tenant, ref.id).result),
    listDue: (shard, limit) => guarded(() => listDue(deps, shard, limit)),
    async postpone(due, dueAtMs) {
      const key = keys.job(due.tenant, due.id).due;
      const args = [due.id, due.dueAtMs, dueAtMs];
      await scripts.run({ script: 'postpone', keys: [key], args });
    },
    nowMs: () => guarded(() => serverTimeMs(deps)),
  };
}

async function serverTimeMs(deps: JobReadsDeps): Promise<number> {
  const [seconds, microseconds] = await deps.client.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000) + deps.clockOffsetMs();
}

async function listDue(deps: JobReadsDeps, shard: number, limit: number): Promise<DueJob[]> {
  const { client, keys } = deps;
  const due = keys.due(shard);
  const now = await serverTimeMs(deps);
  const found = await client.zrangebyscore(due, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit);
  const jobs: DueJob[] = [];
  for (let i = 0; i + 1 < found.length; i += 2) {
    const id = parseJobId(found[i] ?? '');
    const job = id === undefined ? undefined : await findRef(deps, shard, id);
    if (job !== undefined) jobs.push({ ...job, dueAtMs: Number(found[i + 1]) });
    // Nothing stands behind it any more: the record has outlived its retention.
    else await client.zrem(due, found[i] ?? '');
  }
  return jobs;
}

async function findRef(
  deps: JobReadsDeps,
  shard: number,
  id: JobRef['id'],
): Promise<JobRef | undefined> {
  const text = await deps.client.hget(deps.keys.jobOnShard(shard, id), 'tenant');
  const tenant = text === null ? undefined : parseTenantId(text);
  return tenant === undefined ? undefined : { tenant, id };
}

async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asStoreError(error);
  }
}
