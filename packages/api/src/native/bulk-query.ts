/** The query of a bulk call: what a bad line means, and what all lines may cost together. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { ceilingNanoUsdMax, type NanoUsd, parseUsd } from '@forebay/shared/domain/money';
import { type BulkErrorMode, bulkErrorModes } from '../intake/bulk/bulk-call.ts';

export interface BulkQuery {
  readonly onError: BulkErrorMode;
  /** `undefined` when only the lines' own ceilings and the budgets hold. */
  readonly ceiling: NanoUsd | undefined;
}

const names = ['on_error', 'max_cost_usd'];

/**
 * Strict: under a misspelt name lines would be taken that were to be held back.
 *
 * @throws ForebayError `invalid_request`
 */
export function readBulkQuery(query: URLSearchParams): BulkQuery {
  const unknown = [...query.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw refuse(unknown.slice(0, 200), `expected only ${names.join(' and ')}.`);
  }
  return { onError: readErrorMode(query), ceiling: readCeiling(query) };
}

function readErrorMode(query: URLSearchParams): BulkErrorMode {
  const [text = 'reject_line', ...more] = query.getAll('on_error');
  const mode = bulkErrorModes.find((each) => each === text);
  if (mode !== undefined && more.length === 0) return mode;
  throw refuse('on_error', `expected one of ${bulkErrorModes.join(', ')}.`);
}

function readCeiling(query: URLSearchParams): NanoUsd | undefined {
  const [text, ...more] = query.getAll('max_cost_usd');
  if (text === undefined) return undefined;
  const ceiling = parseUsd(text);
  const fits = ceiling !== undefined && ceiling > 0n && ceiling <= ceilingNanoUsdMax;
  if (fits && more.length === 0) return ceiling;
  const expected = 'expected one amount of US dollars above 0, such as 25 or 0.5, at most 9000000.';
  throw refuse('max_cost_usd', expected);
}

function refuse(param: string, detail: string): ForebayError {
  return new ForebayError('invalid_request', `${JSON.stringify(param)}: ${detail}`, { param });
}
