/**
 * Lists a tenant's jobs, newest first, with bounded work for each page: one call looks through the
 * index, one reads the records that it found. A page may be short, or empty, while there are more.
 */
import type { TenantId } from '@forebay/shared/domain/ids';
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { Json } from '@forebay/shared/domain/json';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { ListCursors } from './list-cursor.ts';
import type { JobFilters, ListRequest } from './parse-list-query.ts';

export interface ListJobsDeps {
  readonly jobs: Pick<JobStore, 'list' | 'readMany'>;
  readonly cursors: ListCursors;
}

export interface JobList {
  readonly records: readonly JobRecord[];
  /** The cursor of the next page; `undefined` after the last one. */
  readonly next: string | undefined;
}

/** @throws ForebayError `invalid_cursor` for a cursor of another walk. */
export async function listJobs(
  { jobs, cursors }: ListJobsDeps,
  tenant: TenantId,
  { filters, limit, after }: ListRequest,
): Promise<JobList> {
  const scope = { tenant, filters: scopeOf(filters) };
  const place = after === undefined ? undefined : cursors.read(scope, after);
  const page = await jobs.list({ tenant, ...filters, after: place, limit });
  const read = await jobs.readMany(page.ids.map((id) => ({ tenant, id })));
  return {
    // A job may have ended, or left, since it was found; a parked one cannot be shown.
    records: read.filter(isRecord).filter((record) => fits(record, filters)),
    next: page.goesOnAfter === undefined ? undefined : cursors.write(scope, page.goesOnAfter),
  };
}

function fits(record: JobRecord, { states, model }: JobFilters): boolean {
  const ofState = states.length === 0 || states.includes(record.state);
  return ofState && (model === undefined || record.model === model);
}

function scopeOf(filters: JobFilters): Json {
  const { states, model, batchId, createdFromMs, createdBeforeMs } = filters;
  const optional = [model, batchId, createdFromMs, createdBeforeMs].map((value) => value ?? null);
  return [[...states], ...optional];
}
