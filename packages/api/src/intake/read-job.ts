/** Reads one job of a tenant. A foreign job and a missing one are the same: not found. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobId, parseJobId, type TenantId, ticketId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore, TicketPlace } from '@forebay/shared/ports/lane-store';
import type { PlacesAhead } from '@forebay/shared/routing/predict-wait';
import { type ExpectJobDeps, expectJob } from './expect-job.ts';
import { viewJob } from './job-view.ts';
import { type ReadAnswerDeps, readAnswer } from './read-answer.ts';

export interface ReadJobDeps extends ReadAnswerDeps, ExpectJobDeps {
  readonly jobs: ReadAnswerDeps['jobs'] & Pick<JobStore, 'read'>;
  readonly lanes: Pick<LaneStore, 'place'>;
}

/** @throws ForebayError `not_found` for text that is no job id. */
export function requireJobId(text: string): JobId {
  const id = parseJobId(text);
  if (id === undefined) throw noSuchJob();
  return id;
}

interface RecordDeps {
  readonly jobs: Pick<JobStore, 'read'>;
}

/**
 * The record of a tenant's job. @throws ForebayError `not_found`, or as {@link findRecord}.
 */
export async function readRecord(
  deps: RecordDeps,
  tenant: TenantId,
  id: JobId,
): Promise<JobRecord> {
  const record = await findRecord(deps, tenant, id);
  if (record === undefined) throw noSuchJob();
  return record;
}

/**
 * The same; `undefined` for a job that is not there.
 *
 * @throws ForebayError `internal` for a record of another version, which is left untouched.
 */
export async function findRecord(
  deps: RecordDeps,
  tenant: TenantId,
  id: JobId,
): Promise<JobRecord | undefined> {
  const found = await deps.jobs.read({ tenant, id });
  if (found !== undefined && 'kind' in found) {
    throw new ForebayError('internal', `This server cannot read the job: ${found.reason}.`);
  }
  return found;
}

/** The job object with what stands beside the record: queue position, expectation and answer. */
export async function presentJob(deps: ReadJobDeps, record: JobRecord): Promise<JsonObject> {
  const [place, answer] = await Promise.all([readPlace(deps, record), readAnswer(deps, record)]);
  const expected = expectJob(deps, record, place && sharesOf(place));
  return viewJob(record, { queuePosition: place?.ahead, expected, answer });
}

/** The one answer for jobs that are missing, foreign or misspelt. */
export function noSuchJob(): ForebayError {
  return new ForebayError(
    'not_found',
    'There is no such job. Check the id; jobs are removed some days after they end.',
  );
}

/** A place is `ahead` others, of which some are more urgent. */
function sharesOf({ ahead, moreUrgent }: TicketPlace): PlacesAhead {
  return { moreUrgent, same: ahead - moreUrgent };
}

async function readPlace(deps: ReadJobDeps, record: JobRecord): Promise<TicketPlace | undefined> {
  if (record.state !== 'queued') return undefined;
  const ticket = ticketId(record.id, record.fence);
  const place = await deps.lanes.place(record.model, ticket);
  return place.place === 'none' ? undefined : place;
}
