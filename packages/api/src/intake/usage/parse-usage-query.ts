/** Reads the query of `GET /v1/usage`: strict, so that a misspelt filter does not sum up all. */
import { terminalJobStates } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import { nearestName } from '@forebay/shared/domain/nearest-name';
import { movedState } from '@forebay/shared/ledger/roll-up-lines';
import { hourMs } from '@forebay/shared/ledger/rollup-names';
import type { UsageQuery } from '@forebay/shared/ledger/usage-tally';
import { type QuerySpan, queryProblem, readSpan } from './query-span.ts';

export interface UsageRequest {
  readonly span: QuerySpan;
  readonly query: UsageQuery;
  readonly limit: number;
  /** Behind which group the page begins. */
  readonly after: readonly string[] | undefined;
  readonly isCsv: boolean;
}

export interface UsageTerms {
  readonly metadataKeys: readonly string[];
  readonly nowMs: number;
  /** The headers named `Accept`. */
  readonly accept: readonly string[];
}

const plainNames = ['from', 'to', 'group_by', 'limit', 'after', 'format'];
const filterNames = ['model', 'deployment', 'tag', 'user', 'batch', 'state', 'key'];

/** @throws ForebayError `invalid_request` that names the parameter and what is expected. */
export function parseUsageQuery(query: URLSearchParams, terms: UsageTerms): UsageRequest {
  const metadata = terms.metadataKeys.map((key) => `metadata.${key}`);
  refuseUnknown(query, [...plainNames, ...filterNames, ...metadata]);
  const groupBy = readGroupBy(query, [...filterNames, ...metadata]);
  const isHourly = groupBy.includes('hour');
  const span = readSpan(query, { nowMs: terms.nowMs, isHourly });
  return {
    span,
    query: {
      fromHour: span.fromMs / hourMs,
      beforeHour: span.beforeMs / hourMs,
      groupBy,
      filters: readFilters(query, [...filterNames, ...metadata]),
    },
    limit: readLimit(query.get('limit')),
    after: readAfter(query.get('after'), groupBy),
    isCsv: readFormat(query.get('format'), terms.accept),
  };
}

export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) {
      const shown = name.slice(0, 200);
      const similar = nearestName(shown, known);
      const remedy = similar === undefined ? '' : `; did you mean "${similar}"?`;
      const declared = 'metadata keys must be declared in the configuration';
      const more = name.startsWith('metadata.') ? `; ${declared}` : remedy;
      throw queryProblem(shown, `expected only ${known.join(', ')}${more}`);
    }
    if (query.getAll(name).length > 1) throw queryProblem(name, 'expected it once');
  }
}

/** Names with commas; empty when not given. */
export function readNames(query: URLSearchParams, name: string): readonly string[] {
  const text = query.get(name);
  if (text === null) return [];
  const names = text.split(',').map((part) => part.trim());
  if (names.includes('')) throw queryProblem(name, 'expected one or several names, with commas');
  return [...new Set(names)];
}

function readGroupBy(query: URLSearchParams, dimensions: readonly string[]): readonly string[] {
  const known = ['day', 'hour', ...dimensions];
  const names = readNames(query, 'group_by');
  if (names.some((name) => !known.includes(name)) || names.length > limits.usageGroupingsMax) {
    const most = `at most ${limits.usageGroupingsMax} of ${known.join(', ')}, with commas`;
    throw queryProblem('group_by', `expected ${most}`);
  }
  return names;
}

const states: readonly string[] = [...terminalJobStates, movedState];

/** A filter without text fits jobs that have none of it; a model and a state every job has. */
function readFilters(
  query: URLSearchParams,
  names: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const given = names.flatMap((name): [string, ReadonlySet<string>][] => {
    const text = query.get(name);
    if (text === null) return [];
    const isNeverEmpty = name === 'model' || name === 'state';
    const wanted = isNeverEmpty ? readNames(query, name) : text.split(',');
    if (name === 'state' && !wanted.every((state) => states.includes(state))) {
      throw queryProblem(name, `expected one or several of ${states.join(', ')}, with commas`);
    }
    return [[name, new Set(wanted)]];
  });
  return new Map(given);
}

function readLimit(text: string | null): number {
  if (text === null) return limits.usagePageDefault;
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0) {
    throw queryProblem(
      'limit',
      'expected a whole number from 1; more than the most gives the most',
    );
  }
  return Math.min(Number(text), limits.usagePageMax);
}

function readFormat(format: string | null, accept: readonly string[]): boolean {
  if (format === null) return accept.join().toLowerCase().startsWith('text/csv');
  if (format !== 'csv' && format !== 'json') throw queryProblem('format', 'expected json or csv');
  return format === 'csv';
}

/** A place among the caller's own groups: whoever changes it sees other groups of its own. */
export function writeAfter(groupBy: readonly string[], key: readonly string[]): string {
  return Buffer.from(JSON.stringify([groupBy, key])).toString('base64url');
}

function readAfter(text: string | null, groupBy: readonly string[]): readonly string[] | undefined {
  if (text === null) return undefined;
  try {
    const [names, key]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isSame = JSON.stringify(names) === JSON.stringify(groupBy);
    if (isSame && Array.isArray(key) && key.every((part) => typeof part === 'string')) return key;
  } catch {
    // The error below says what is expected.
  }
  throw queryProblem('after', 'expected "next" of a page that was grouped alike');
}
