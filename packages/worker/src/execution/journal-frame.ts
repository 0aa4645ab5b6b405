/**
 * The bytes of the answer journal: frames of length, CRC and payload.
 *
 *   frame   = u32 payload bytes · u32 CRC-32 of the payload · payload      (little endian)
 *   payload = u8 kind · u16 id bytes · id · content
 *
 * A reader stops at the first frame that is incomplete or fails its CRC: a process that died
 * while writing leaves such a tail, and nothing behind it was ever acknowledged.
 */
import { crc32 } from 'node:zlib';

/** An answer that the provider gave and that the store may not have heard of yet. */
export interface JournalEntry {
  /** The attempt id. */
  readonly id: string;
  /** Opaque to the journal. */
  readonly content: Uint8Array;
}

export type JournalFrame =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'done'; readonly id: string };

const frameHeaderBytes = 8;
const payloadHeaderBytes = 3;
const kindNumbers = { entry: 1, done: 2 } as const;

export function encodeFrame(frame: JournalFrame): Buffer {
  const payload =
    frame.kind === 'entry'
      ? encodePayload(kindNumbers.entry, frame.entry.id, frame.entry.content)
      : encodePayload(kindNumbers.done, frame.id, new Uint8Array());
  const head = Buffer.alloc(frameHeaderBytes);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

/** Reads frames until the end or the first bad one. */
export function decodeFrames(bytes: Buffer): JournalFrame[] {
  const frames: JournalFrame[] = [];
  let offset = 0;
  while (bytes.length - offset >= frameHeaderBytes) {
    const start = offset + frameHeaderBytes;
    const end = start + bytes.readUInt32LE(offset);
    if (end > bytes.length) break;
    const payload = bytes.subarray(start, end);
    if (crc32(payload) !== bytes.readUInt32LE(offset + 4)) break;
    const frame = decodePayload(payload);
    if (frame === undefined) break;
    frames.push(frame);
    offset = end;
  }
  return frames;
}

function encodePayload(kind: number, id: string, content: Uint8Array): Buffer {
  const idBytes = Buffer.from(id);
  const head = Buffer.alloc(payloadHeaderBytes);
  head.writeUInt8(kind, 0);
  head.writeUInt16LE(idBytes.length, 1);
  return Buffer.concat([head, idBytes, content]);
}

/** `undefined` for a payload of a kind that this version does not know. */
function decodePayload(payload: Buffer): JournalFrame | undefined {
  if (payload.length < payloadHeaderBytes) return undefined;
  const idEnd = payloadHeaderBytes + payload.readUInt16LE(1);
  const id = payload.toString('utf8', payloadHeaderBytes, idEnd);
  const kind = payload.readUInt8(0);
  if (kind === kindNumbers.done) return { kind: 'done', id };
  if (kind !== kindNumbers.entry) return undefined;
  // Copied, so that one entry does not keep the bytes of its whole segment in memory.
  return { kind: 'entry', entry: { id, content: Buffer.from(payload.subarray(idEnd)) } };
}
