/** Reads a point in time of a query: RFC 3339, or seconds since 1970. */

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** What a caller is told to give. */
export const expectedTime = 'expected a time such as 2030-01-31T12:00:00Z, or seconds since 1970';

/**
 * In milliseconds, rounded up: jobs are made at whole milliseconds.
 *
 * @returns `undefined` for text that is no time.
 */
export function readTime(text: string): number | undefined {
  // A plus sign that was not encoded arrives as a space.
  const time = text.replace(/ (\d\d:\d\d)$/, '+$1');
  if (/^\d{1,11}(\.\d{1,9})?$/.test(time)) return Math.ceil(Number(time) * 1000);
  const atMs = rfc3339.test(time) ? Date.parse(time) : Number.NaN;
  // Date takes the 31st of any month for the 1st of the next one.
  const isReal = Number(time.slice(8, 10)) <= daysOf(time);
  const hasMore = /\.\d{3}\d*[1-9]/.test(time);
  if (Number.isNaN(atMs) || !isReal) return undefined;
  return Math.max(0, atMs + (hasMore ? 1 : 0));
}

/** Days of the month that an RFC 3339 time begins with. */
function daysOf(time: string): number {
  return new Date(Date.UTC(Number(time.slice(0, 4)), Number(time.slice(5, 7)), 0)).getUTCDate();
}
