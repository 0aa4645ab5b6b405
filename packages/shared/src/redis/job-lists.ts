/** Lists of a tenant's jobs: which there are, from the indexes that `admit` keeps. */
import { ForebayError } from '../domain/forebay-error.ts';
import { type JobId, parseJobId } from '../domain/ids.ts';
import { limits } from '../domain/limits.ts';
import type { JobListQuery, JobPage, JobRef, JobStore, ListPlace } from '../ports/job-store.ts';
import type { StoreKeys } from './keys.ts';
import { asList, asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export interface JobListsDeps {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
  readonly read: JobStore['read'];
}

export function createJobLists(deps: JobListsDeps): Pick<JobStore, 'list' | 'readMany'> {
  return {
    list: (query) => listJobs(deps, query),
    // Sent together, so this is one round trip for all.
    readMany: (refs) => Promise.all(refs.map((ref) => readOne(deps, ref))),
  };
}

/** One archived job whose segment is gone or damaged must not hide the others of its page. */
async function readOne({ read }: JobListsDeps, ref: JobRef): ReturnType<JobStore['read']> {
  try {
    return await read(ref);
  } catch (error) {
    if (!ForebayError.is(error) || error.code !== 'internal') throw error;
    return { kind: 'parked', reason: error.message };
  }
}

async function listJobs({ scripts, keys }: JobListsDeps, query: JobListQuery): Promise<JobPage> {
  const { tenant, batchId, after, createdBeforeMs, states } = query;
  const index = batchId === undefined ? keys.jobIndex(tenant) : keys.batchIndex(tenant, batchId);
  const reply = await scripts.run({
    script: 'list',
    keys: [index],
    args: [
      keys.jobPrefix(tenant),
      after?.createdAtMs ?? '',
      after?.id ?? '',
      query.createdFromMs ?? 0,
      createdBeforeMs ?? '',
      states.length === 0 ? '' : ` ${states.join(' ')} `,
      query.model ?? '',
      query.limit,
      limits.listLooksMax,
    ],
  });
  const [place, ...ids] = asList(reply).map(asText);
  return { ids: ids.map(idOf), goesOnAfter: readPlace(place ?? '') };
}

function readPlace(text: string): ListPlace | undefined {
  const [createdAt, id] = text.split('|');
  return id === undefined ? undefined : { createdAtMs: Number(createdAt), id: idOf(id) };
}

function idOf(text: string): JobId {
  const id = parseJobId(text);
  if (id === undefined) throw new Error('an index holds something that is no job id');
  return id;
}
