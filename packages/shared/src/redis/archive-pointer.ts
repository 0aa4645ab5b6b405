/**
 * What stands under a record's key once the job is archived: see `lua/archive-swap.lua`. Everybody
 * who meets such a pointer reads the record through it.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { ArchivePlace } from '../ports/job-archive.ts';

/** The field that tells a pointer from a record. */
export const pointerField = 'archived';

export function formatPlace(place: ArchivePlace): string {
  return [place.segment, place.offset, place.recordBytes, place.resultBytes].join('|');
}

/** @throws ForebayError `internal` for text that {@link formatPlace} has not written. */
export function parsePlace(text: string): ArchivePlace {
  const [segment = '', ...numbers] = text.split('|');
  const [offset = -1, recordBytes = -1, resultBytes = -1] = numbers.map(Number);
  const isWhole = [offset, recordBytes, resultBytes].every(
    (number) => Number.isSafeInteger(number) && number >= 0,
  );
  if (segment !== '' && isWhole) return { segment, offset, recordBytes, resultBytes };
  throw new ForebayError('internal', 'The store holds a pointer to the archive that is damaged.');
}
