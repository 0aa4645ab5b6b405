/** Reads the query of a job list: strict, so that a misspelt filter does not show all jobs. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { type JobState, jobStates, parseJobState } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import { nearestName } from '@forebay/shared/domain/nearest-name';
import { expectedTime, readTime } from './read-time.ts';

/** What the caller filters by. */
export interface JobFilters {
  /** In the order of the table of states, each once; all when empty. */
  readonly states: readonly JobState[];
  readonly model: string | undefined;
  readonly batchId: string | undefined;
  readonly createdFromMs: number | undefined;
  readonly createdBeforeMs: number | undefined;
}

export interface ListRequest {
  readonly filters: JobFilters;
  readonly limit: number;
  /** The cursor, unread. */
  readonly after: string | undefined;
}

const names = ['status', 'model', 'batch', 'created_after', 'created_before', 'limit', 'after'];

/** @throws ForebayError `invalid_request` that names the parameter and what is expected. */
export function parseListQuery(query: URLSearchParams): ListRequest {
  for (const name of new Set(query.keys())) {
    if (!names.includes(name)) throw unknownParameter(name);
    if (query.getAll(name).length > 1) throw problem(name, 'expected it once');
  }
  const given = (name: string): string | undefined => query.get(name) ?? undefined;
  return {
    filters: {
      states: readStates(given('status')),
      model: readName('model', given('model')),
      batchId: readName('batch', given('batch')),
      createdFromMs: timeOf('created_after', given('created_after')),
      createdBeforeMs: timeOf('created_before', given('created_before')),
    },
    limit: readLimit(given('limit')),
    after: given('after'),
  };
}

function readStates(text: string | undefined): readonly JobState[] {
  if (text === undefined) return [];
  const wanted = text.split(',').map((name) => parseJobState(name.trim()));
  if (wanted.includes(undefined)) {
    throw problem('status', `expected one or several of ${jobStates.join(', ')}, with commas`);
  }
  return jobStates.filter((state) => wanted.includes(state));
}

function readName(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[^\s\p{Cc}]{1,255}$/u.test(text)) return text;
  throw problem(name, 'expected 1 to 255 characters without spaces');
}

function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const atMs = readTime(text);
  if (atMs === undefined) throw problem(name, expectedTime);
  return atMs;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return limits.listPageDefault;
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0) {
    throw problem('limit', 'expected a whole number from 1; more than the most gives the most');
  }
  return Math.min(Number(text), limits.listPageMax);
}

function unknownParameter(name: string): ForebayError {
  const similar = nearestName(name, names);
  const remedy = similar === undefined ? '' : `; did you mean "${similar}"?`;
  return problem(name.slice(0, 200), `expected only ${names.join(', ')}${remedy}`);
}

function problem(name: string, expected: string): ForebayError {
  const detail = `${JSON.stringify(name)}: ${expected}.`;
  return new ForebayError('invalid_request', detail, { param: name });
}
