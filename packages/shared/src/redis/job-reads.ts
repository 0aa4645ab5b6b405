/** Reading jobs: records, payloads, results, and which jobs are due for a check. */
import type { DueJob, JobStore } from '../ports/job-store.ts';
import type { ArchivedJobs } from './archived-jobs.ts';
import type { RedisClient } from './connection.ts';
import { dueMember, readMember, type StoreKeys } from './keys.ts';
import { decodeRecord } from './record-codec.ts';
import { askStore, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface JobReadsDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly archived: ArchivedJobs;
  readonly clockOffsetMs: () => number;
}

type Reads = Pick<
  JobStore,
  'read' | 'readPayload' | 'readResult' | 'listDue' | 'postpone' | 'hasten' | 'forget' | 'nowMs'
>;

export function createJobReads(deps: JobReadsDeps): Reads {
  const { client, keys, scripts } = deps;
  return {
    async read(ref) {
      const stored = await askStore(() => client.hgetall(keys.job(ref.tenant, ref.id).job));
      const fields = new Map(Object.entries(stored));
      if (fields.size === 0) return undefined;
      return decodeRecord(await deps.archived.throughTo(ref, fields));
    },
    readPayload: (ref) =>
      askStore(async () => {
        const payload = await client.getBuffer(keys.job(ref.tenant, ref.id).payload);
        return payload ?? undefined;
      }),
    readResult: (ref) => deps.archived.readResult(ref),
    listDue: (shard, limit) => askStore(() => listDue(deps, shard, limit)),
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
      askStore(async () => {
        const { due } = keys.job(ref.tenant, ref.id);
        await client.zrem(due, dueMember(ref.tenant, ref.id));
      }),
    nowMs: () => askStore(() => serverTimeMs(deps)),
  };
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
