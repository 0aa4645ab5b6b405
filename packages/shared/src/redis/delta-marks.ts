/** The record's field `deltas`, as `delta-append.lua` writes it. */
import { eventId } from '../domain/event-id.ts';
import type { DeltaMarks } from '../domain/job.ts';

/** Marks of a job that has shown nothing yet. */
export const noDeltas: DeltaMarks = { tailId: 0, cutId: 0, wholeFence: 0 };

/** Reads `tail|cut|fence|batch|whole`; `undefined` for text of another form. */
export function parseDeltaMarks(text: string): DeltaMarks | undefined {
  const [tail = '', cut = '', , , whole = ''] = text.split('|');
  const tailId = parseEntryId(tail);
  const cutId = parseEntryId(cut);
  if (tailId === undefined || cutId === undefined || !/^\d+$/.test(whole)) return undefined;
  return { tailId, cutId, wholeFence: Number(whole) };
}

/** The event id of a stream entry `<version>-<number>`. */
export function parseEntryId(text: string): number | undefined {
  const [, version, number] = /^(\d{1,9})-(\d{1,6})$/.exec(text) ?? [];
  return version === undefined || number === undefined
    ? undefined
    : eventId(Number(version), Number(number));
}
