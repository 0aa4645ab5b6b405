import { describe, expect, test } from 'vitest';
import { decodeFrame, encodeFrame } from './segment-frame.ts';

const record = { kind: 'record', owner: 'dev/job_1' } as const;
const frame = encodeFrame({ ...record, content: Buffer.from('[["id","job_1"]]') });

describe('a frame of an archive segment', () => {
  test('gives its content back', () => {
    const read = decodeFrame(frame, record);
    expect(read).toEqual({ kind: 'read', content: Buffer.from('[["id","job_1"]]') });
  });

  test('may be empty', () => {
    const empty = encodeFrame({ kind: 'result', owner: 'dev/job_1', content: Buffer.alloc(0) });
    const read = decodeFrame(empty, { kind: 'result', owner: 'dev/job_1' });
    expect(read).toEqual({ kind: 'read', content: Buffer.alloc(0) });
  });

  test('is not taken for that of another job or of another kind', () => {
    const reason = 'something else stands in its place';
    const other = { ...record, owner: 'dev/job_2' };
    expect(decodeFrame(frame, other)).toEqual({ kind: 'damaged', reason });
    expect(decodeFrame(frame, { ...record, kind: 'result' })).toEqual({ kind: 'damaged', reason });
  });

  test('tells every cut and every flipped bit', () => {
    for (let length = 0; length < frame.length; length += 1) {
      expect(decodeFrame(frame.subarray(0, length), record).kind, `cut at ${length}`).toBe(
        'damaged',
      );
    }
    for (let index = 0; index < frame.length; index += 1) {
      const flipped = Buffer.from(frame);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(decodeFrame(flipped, record).kind, `bit in byte ${index}`).toBe('damaged');
    }
  });
});
