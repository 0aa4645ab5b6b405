/**
 * The bytes of an archive segment: frames, one behind the other and nothing between them. Each
 * can be read alone and says itself what it is, so that a reader needs nothing but its place.
 *
 *   frame   = u32 payload bytes · u32 CRC-32 of the payload · payload       (little endian)
 *   payload = u8 schema · u8 kind · u16 owner bytes · owner · content
 *
 * The owner is `tenant/job`. Kind 1 is a record: a JSON list of names and values, as the store
 * held them. Kind 2 is a result: the packed bytes as they stood beside the record.
 */
import { crc32 } from 'node:zlib';

export interface SegmentFrame {
  readonly kind: 'record' | 'result';
  /** Whose it is: what a wrong place would give away. */
  readonly owner: string;
  readonly content: Uint8Array;
}

export type ReadFrame =
  | { readonly kind: 'read'; readonly content: Buffer }
  /** Why these bytes are not the frame that was asked for. */
  | { readonly kind: 'damaged'; readonly reason: string };

const schema = 1;
const kindNumbers = { record: 1, result: 2 } as const;
const frameHeaderBytes = 8;
const payloadHeaderBytes = 4;

export function encodeFrame({ kind, owner, content }: SegmentFrame): Buffer {
  const ownerBytes = Buffer.from(owner);
  const head = Buffer.alloc(payloadHeaderBytes);
  head.writeUInt8(schema, 0);
  head.writeUInt8(kindNumbers[kind], 1);
  head.writeUInt16LE(ownerBytes.length, 2);
  const payload = Buffer.concat([head, ownerBytes, content]);
  const frameHead = Buffer.alloc(frameHeaderBytes);
  frameHead.writeUInt32LE(payload.length, 0);
  frameHead.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([frameHead, payload]);
}

/** Reads the one frame that these bytes are, and checks that it is the expected one. */
export function decodeFrame(bytes: Buffer, expected: Omit<SegmentFrame, 'content'>): ReadFrame {
  if (bytes.length < frameHeaderBytes + payloadHeaderBytes) return damaged('it is cut short');
  const payload = bytes.subarray(frameHeaderBytes);
  if (payload.length !== bytes.readUInt32LE(0)) return damaged('it is cut short');
  if (crc32(payload) !== bytes.readUInt32LE(4)) return damaged('its checksum does not fit');
  const found = payload.readUInt8(0);
  if (found !== schema) return damaged(`its schema ${found} is not known here`);
  const ownerEnd = payloadHeaderBytes + payload.readUInt16LE(2);
  const owner = payload.toString('utf8', payloadHeaderBytes, ownerEnd);
  if (owner !== expected.owner || payload.readUInt8(1) !== kindNumbers[expected.kind]) {
    return damaged('something else stands in its place');
  }
  return { kind: 'read', content: payload.subarray(ownerEnd) };
}

function damaged(reason: string): ReadFrame {
  return { kind: 'damaged', reason };
}
