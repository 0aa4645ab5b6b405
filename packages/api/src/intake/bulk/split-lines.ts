/**
 * Cuts a stream of bytes into lines, whatever the boundaries of its pieces: LF or CRLF, a
 * byte-order mark at the start, a last line without an end. Blank lines are counted and not given
 * out.
 *
 * It holds no more than one unfinished line, and of one that is too long nothing: that line is
 * reported as soon as it is, and the rest of it is passed over.
 */

export type SplitLine =
  /** Without its end; the bytes may be part of a piece that was pushed. */
  | { readonly kind: 'whole'; readonly number: number; readonly bytes: Buffer }
  | { readonly kind: 'too_long'; readonly number: number };

export interface LineSplitter {
  /** The lines that these bytes end. To be read to its end before the next call. */
  push(bytes: Uint8Array): Iterable<SplitLine>;
  /** The last line, if it has no end of its own. */
  end(): Iterable<SplitLine>;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** What may come off a line: a byte-order mark and a carriage return. */
const slackBytes = 4;

/** @param lineBytesMax without the line's end. */
export function createLineSplitter(lineBytesMax: number): LineSplitter {
  let number = 1;
  let skipping = false;
  const held = createHold();

  const finish = (last: Buffer): SplitLine | undefined => {
    const line = skipping ? undefined : judge(held.take(last), number, lineBytesMax);
    skipping = false;
    number += 1;
    return line;
  };
  return {
    *push(piece) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      let start = 0;
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
        const line = finish(bytes.subarray(start, end));
        if (line !== undefined) yield line;
        start = end + 1;
      }
      const rest = bytes.subarray(start);
      if (skipping) return;
      if (held.sizeBytes + rest.length <= lineBytesMax + slackBytes) {
        held.add(rest);
        return;
      }
      held.drop();
      skipping = true;
      yield { kind: 'too_long', number };
    },
    *end() {
      const line = finish(Buffer.alloc(0));
      if (line !== undefined) yield line;
    },
  };
}

function judge(raw: Buffer, number: number, lineBytesMax: number): SplitLine | undefined {
  const marked = number === 1 && raw.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  const start = marked ? byteOrderMark.length : 0;
  const bytes = raw.subarray(start, raw.at(-1) === carriageReturn ? -1 : undefined);
  if (bytes.length > lineBytesMax) return { kind: 'too_long', number };
  return bytes.every(isBlank) ? undefined : { kind: 'whole', number, bytes };
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === carriageReturn;
}

interface Hold {
  readonly sizeBytes: number;
  add(bytes: Buffer): void;
  /** What was held, followed by these bytes; nothing is held afterwards. */
  take(last: Buffer): Buffer;
  drop(): void;
}

/** Copies what it holds, so that a line that comes byte by byte costs no more than its bytes. */
function createHold(): Hold {
  let room = Buffer.alloc(0);
  let sizeBytes = 0;
  const add = (bytes: Buffer): void => {
    const needed = sizeBytes + bytes.length;
    if (needed > room.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * room.length));
      room.copy(larger, 0, 0, sizeBytes);
      room = larger;
    }
    bytes.copy(room, sizeBytes);
    sizeBytes = needed;
  };
  const drop = (): void => {
    room = Buffer.alloc(0);
    sizeBytes = 0;
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add,
    take(last) {
      if (sizeBytes === 0) return last;
      add(last);
      const whole = room.subarray(0, sizeBytes);
      drop();
      return whole;
    },
    drop,
  };
}
