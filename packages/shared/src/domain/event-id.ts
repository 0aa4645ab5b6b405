/**
 * Ids of the events of one job: whole numbers that only rise.
 *
 * A change of state has the id `version × 1,000,000`. Deltas that come while the job stands at a
 * version count on from there. A version is left for good when the next one begins, so no id can
 * appear below one that was seen.
 */

const idsPerVersion = 1_000_000;

/** The id of a version's own event (`number` 0), or of its n-th delta. */
export function eventId(version: number, number = 0): number {
  return version * idsPerVersion + number;
}

/** Below the event of a version and above all that came before it. */
export function idBefore(version: number): number {
  return version * idsPerVersion - 1;
}

/** The version and the number within it. */
export function splitEventId(id: number): { readonly version: number; readonly number: number } {
  return { version: Math.floor(id / idsPerVersion), number: id % idsPerVersion };
}
