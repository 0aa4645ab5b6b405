/** Finds the newest shadows of one route among all jobs of the tenant that pays for shadows. */
import type { TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { JobListQuery, JobStore, ListPlace } from '@forebay/shared/ports/job-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../../http/answer-in-time.ts';

export interface FindShadowsDeps {
  readonly jobs: Pick<JobStore, 'list' | 'readMany'>;
  readonly clock: Clock;
}

export interface ShadowSearch {
  readonly tenant: TenantId;
  readonly route: string;
  /** Shadows to find at the most. */
  readonly limit: number;
}

export interface FoundShadows {
  /** Newest first. */
  readonly records: readonly JobRecord[];
  /** Jobs of the tenant among which they were; older ones were not looked at. */
  readonly lookedAt: number;
}

/**
 * Looks at no more than `limits.shadowLooksMax` jobs, in pages, so that no step holds the store up:
 * a route may share its tenant with another that makes most of the shadows.
 *
 * @throws ForebayError `store_unavailable` when a page takes too long.
 */
export async function findShadows(
  deps: FindShadowsDeps,
  { tenant, route, limit }: ShadowSearch,
): Promise<FoundShadows> {
  const records: JobRecord[] = [];
  let lookedAt = 0;
  let after: ListPlace | undefined;
  do {
    const looks = Math.min(limits.listPageMax, limits.shadowLooksMax - lookedAt);
    const place = { tenant, after, limit: looks };
    const page = await answerInTime(deps.clock, () => readPage(deps, place));
    const missing = limit - records.length;
    const fitting = page.records.flatMap((record, index) =>
      record?.spec.shadowOf?.route === route ? [{ record, index }] : [],
    );
    const taken = fitting.slice(0, missing);
    records.push(...taken.map(({ record }) => record));
    const isEnough = taken.length === missing;
    lookedAt += isEnough ? (taken.at(-1)?.index ?? 0) + 1 : page.records.length;
    after = isEnough ? undefined : page.goesOnAfter;
  } while (after !== undefined && lookedAt < limits.shadowLooksMax);
  return { records, lookedAt };
}

interface Page {
  /** Nothing stands for what is gone or cannot be read. */
  readonly records: readonly (JobRecord | undefined)[];
  readonly goesOnAfter: ListPlace | undefined;
}

async function readPage(
  { jobs }: FindShadowsDeps,
  place: Pick<JobListQuery, 'tenant' | 'after' | 'limit'>,
): Promise<Page> {
  const all = { batchId: undefined, states: [], model: undefined, createdFromMs: undefined };
  const { ids, goesOnAfter } = await jobs.list({ ...place, ...all, createdBeforeMs: undefined });
  const found = await jobs.readMany(ids.map((id) => ({ tenant: place.tenant, id })));
  return { records: found.map((one) => (isRecord(one) ? one : undefined)), goesOnAfter };
}
