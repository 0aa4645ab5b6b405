/** Reads the queries of the lists behind a webhook endpoint: strict, as all of ours. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';

/** Events on one page at the most. */
const eventsPageMax = 1_000;

/** @throws ForebayError `invalid_request` that names the parameter and what is expected. */
export function parseEventsQuery(query: URLSearchParams): { after: number; limit: number } {
  requireNames(query, ['after', 'limit']);
  const after = readWhole(query, 'after', 0) ?? 0;
  const limit = readWhole(query, 'limit', 1) ?? limits.listPageMax;
  return { after, limit: Math.min(limit, eventsPageMax) };
}

/** @throws ForebayError `invalid_request` that names the parameter and what is expected. */
export function parseAttemptsQuery(query: URLSearchParams): number {
  requireNames(query, ['limit']);
  const limit = readWhole(query, 'limit', 1) ?? limits.listPageMax;
  return Math.min(limit, limits.webhookEndpointAttemptsKept);
}

function requireNames(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys()) {
    if (!names.includes(name)) throw problem(name, `expected only ${names.join(', ')}`);
    if (query.getAll(name).length > 1) throw problem(name, 'expected it once');
  }
}

function readWhole(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw problem(name, `expected a whole number from ${least}`);
}

function problem(name: string, expected: string): ForebayError {
  const shown = name.slice(0, 200);
  const detail = `${JSON.stringify(shown)}: ${expected}.`;
  return new ForebayError('invalid_request', detail, { param: shown });
}
