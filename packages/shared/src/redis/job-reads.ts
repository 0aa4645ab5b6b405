/** Reading jobs: records, payloads, results, and which jobs are due for a check. */
import { parseJobId, parseTenantId } from '../domain/ids.ts';
import type { DueJob, JobRef, JobStore } from '../ports/job-store.ts';
import type { RedisClient } from './connection.ts';
import { dueMember, type StoreKeys } from './keys.ts';
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
  'read' | 'readPayload' | 'readResult' | 'listDue' | 'postpone' | 'hasten' | 'forget' | 'nowMs'
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
      const args = [dueMember(due.tenant, due.id), due.dueAtMs, dueAtMs];
      await scripts.run({ script: 'postpone', keys: [key], args });
    },
    async hasten(refs, withinMs) {
      const members = new Map<number, string[]>();
      for (const { tenant, id } of refs) {
        const shard = keys.shardOf(tenant);
        members.set(shard, [...(members.get(shard) ?? []), dueMember(tenant, id)]);
      }
      const calls = [...members].map(([shard, jobs]) =>
        scripts.run({ script: 'due-hasten', keys: [keys.due(shard)], args: [withinMs, ...jobs] }),
      );
      await Promise.all(calls);
    },
    forget: (ref) =>
      guarded(async () => {
        const { due } = keys.job(ref.tenant, ref.id);
        await client.zrem(due, dueMember(ref.tenant, ref.id));
      }),
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
    const ref = readMember(found[i] ?? '');
    if (ref !== undefined) jobs.push({ ...ref, dueAtMs: Number(found[i + 1]) });
    // Not written by us: it would be found again for ever.
    else await client.zrem(due, found[i] ?? '');
  }
  return jobs;
}

function readMember(member: string): JobRef | undefined {
  const [tenantText = '', idText = ''] = member.split('/');
  const tenant = parseTenantId(tenantText);
  const id = parseJobId(idText);
  return tenant === undefined || id === undefined ? undefined : { tenant, id };
}

async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asStoreError(error);
  }
}
