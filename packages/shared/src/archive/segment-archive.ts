/**
 * The archive on an object store: ended jobs in immutable segments, each one object that holds a
 * batch of jobs of any tenants.
 *
 *  A1 A segment is durable before anybody points into it. A crash in between leaves bytes that
 *     nobody can find, and they go with their segment.
 *     A job that is deleted is overwritten where it stands; all else in a segment never changes.
 *  A2 A segment's name begins with the time when all its jobs will have left the store, so that
 *     old ones are found by their names alone.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { ArchivedJob, ArchivePlace, JobArchive } from '../ports/job-archive.ts';
import type { JobRef } from '../ports/job-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { decodeFrame, encodeFrame, type SegmentFrame } from './segment-frame.ts';

const folder = 'segments';
const timeDigits = 14;

export function createSegmentArchive(objects: ObjectStore): JobArchive {
  return {
    async write({ jobs, expiresAtMs }) {
      // A2: written with the same number of digits, times sort like text.
      const time = String(Math.ceil(expiresAtMs)).padStart(timeDigits, '0');
      const segment = `${folder}/${time}-${crypto.randomUUID()}`;
      const frames: Buffer[] = [];
      const places: ArchivePlace[] = [];
      let offset = 0;
      for (const job of jobs) {
        const { record, result } = framesOf(job);
        const place = { segment, offset, recordBytes: record.length, resultBytes: result.length };
        frames.push(record, result);
        places.push(place);
        offset += record.length + result.length;
      }
      await objects.put(segment, Buffer.concat(frames));
      return places;
    },
    async readFields(ref, place) {
      const range = { offset: place.offset, bytes: place.recordBytes };
      const content = await readFrame(objects, place.segment, { ref, kind: 'record', range });
      // Written above; the checksum has vouched for it.
      const list = JSON.parse(content.toString()) as [string, string][];
      return new Map(list);
    },
    async readResult(ref, place) {
      if (place.resultBytes === 0) return undefined;
      const range = { offset: place.offset + place.recordBytes, bytes: place.resultBytes };
      return readFrame(objects, place.segment, { ref, kind: 'result', range });
    },
    async erase({ segment, offset, recordBytes, resultBytes }) {
      await objects.erase(segment, { offset, bytes: recordBytes + resultBytes });
    },
    async listExpired(nowMs, limit) {
      const oldest = await objects.list({ folder, after: undefined, limit });
      return oldest.filter(({ key }) => expiryOf(key) <= nowMs);
    },
  };
}

function framesOf(job: JobRef & ArchivedJob): { record: Buffer; result: Buffer } {
  const owner = ownerOf(job);
  const content = Buffer.from(JSON.stringify([...job.fields]));
  const { result } = job;
  return {
    record: encodeFrame({ kind: 'record', owner, content }),
    result:
      result === undefined
        ? Buffer.alloc(0)
        : encodeFrame({ kind: 'result', owner, content: result }),
  };
}

function ownerOf({ tenant, id }: JobRef): string {
  return `${tenant}/${id}`;
}

/** A2. A name of another form never expires. */
function expiryOf(key: string): number {
  const digits = new RegExp(`^${folder}/(\\d{${timeDigits}})-`).exec(key)?.[1];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
}

interface FrameRequest {
  readonly ref: JobRef;
  readonly kind: SegmentFrame['kind'];
  readonly range: { readonly offset: number; readonly bytes: number };
}

async function readFrame(
  objects: ObjectStore,
  segment: string,
  { ref, kind, range }: FrameRequest,
): Promise<Buffer> {
  const bytes = await objects.getRange(segment, range);
  const read =
    bytes === undefined
      ? { kind: 'damaged' as const, reason: 'its segment is gone' }
      : decodeFrame(Buffer.from(bytes), { kind, owner: ownerOf(ref) });
  if (read.kind === 'read') return read.content;
  const text = `The archived ${kind} of job ${ref.id} cannot be read: ${read.reason}.`;
  throw new ForebayError('internal', text);
}
