/** How long a caller wants to wait: `?wait=25`, or `Prefer: wait=10` (RFC 7240). */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { limits } from '@forebay/shared/domain/limits';

/**
 * Seconds from the query, at most the limit; 0 without the parameter.
 *
 * @throws ForebayError `invalid_request` for anything but a non-negative number.
 */
export function waitFromQuery(query: URLSearchParams): number {
  const values = query.getAll('wait');
  const [text] = values;
  if (text === undefined) return 0;
  if (values.length > 1 || !/^\d{1,6}(\.\d{1,3})?$/.test(text)) {
    const range = `from 0 to ${limits.longPollMaxSeconds}`;
    throw new ForebayError('invalid_request', `"wait": expected one number of seconds ${range}.`, {
      param: 'wait',
    });
  }
  return Math.min(Number(text), limits.longPollMaxSeconds);
}

/** Seconds from the `Prefer` header, at most the limit. One that we cannot read is none. */
export function waitFromPrefer(headers: readonly string[]): number | undefined {
  const preferences = headers.flatMap((header) => header.slice(0, 1024).split(','));
  for (const preference of preferences) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), limits.longPollMaxSeconds);
  }
  return undefined;
}
