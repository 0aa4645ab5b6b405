/** Ended jobs on their way from the store to the archive. */
import { recordSchema } from '../domain/job.ts';
import type { ArchiveStore, EndedJob } from '../ports/archive-store.ts';
import type { JobRef } from '../ports/job-store.ts';
import { formatPlace, pointerField } from './archive-pointer.ts';
import type { RedisClient } from './connection.ts';
import { dueMember, readMember, type StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import { asStoreError, type ScriptRunner } from './script-runner.ts';
import { serverTimeMs } from './server-time.ts';

export interface ArchiveStoreDeps {
  readonly client: RedisClient;
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly clockOffsetMs: () => number;
}

export function createArchiveStore(deps: ArchiveStoreDeps): ArchiveStore {
  const { scripts, keys } = deps;
  return {
    async take({ shard, endedForMs, limit, holdMs }) {
      const args = [endedForMs, limit, holdMs];
      const reply = await scripts.run({ script: 'archive-take', keys: [keys.ended(shard)], args });
      return asList(reply).flatMap((member) => readMember(asText(member)) ?? []);
    },
    load: (ref) => load(deps, ref),
    async swap(job, place) {
      const { job: record, result } = keys.job(job.tenant, job.id);
      const reply = await scripts.run({
        script: 'archive-swap',
        keys: [record, result, keys.ended(keys.shardOf(job.tenant))],
        args: [job.version, formatPlace(place), dueMember(job.tenant, job.id)],
      });
      const kind = asText(reply);
      if (kind === 'archived' || kind === 'changed' || kind === 'missing') return kind;
      throw new Error('archive-swap replied with something else than its header says');
    },
  };
}

async function load(deps: ArchiveStoreDeps, ref: JobRef): Promise<EndedJob | undefined> {
  const { client, keys } = deps;
  const { job, result } = keys.job(ref.tenant, ref.id);
  try {
    const [stored, packed, leftMs, nowMs] = await Promise.all([
      client.hgetall(job),
      client.getBuffer(result),
      client.pttl(job),
      serverTimeMs(deps),
    ]);
    const fields = new Map(Object.entries(stored));
    const isOurs = fields.get('schema') === String(recordSchema);
    if (!isOurs || !fields.has('finished') || fields.has(pointerField)) return undefined;
    const version = Number(fields.get('version'));
    const expiresAtMs = nowMs + Math.max(0, leftMs);
    return { ...ref, fields, version, expiresAtMs, result: packed ?? undefined };
  } catch (error) {
    throw asStoreError(error);
  }
}
