/** Cuts a stream of Redis protocol bytes into whole frames, for the proxy between two ends. */

export interface RespFrame {
  readonly bytes: Buffer;
  /** The words of a command, each cut to 64 characters. */
  readonly words: readonly string[];
}

export interface RespFrames {
  /** Adds bytes; returns the frames that they complete, in order. */
  push(chunk: Buffer): RespFrame[];
}

export function createRespFrames(): RespFrames {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: RespFrame[] = [];
      for (;;) {
        const words: string[] = [];
        const end = endOfFrame(rest, 0, words);
        if (end === undefined) return frames;
        frames.push({ bytes: rest.subarray(0, end), words });
        rest = rest.subarray(end);
      }
    },
  };
}

/** Where the frame that starts at `start` ends; `undefined` while it is not complete. */
function endOfFrame(bytes: Buffer, start: number, words: string[]): number | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const mark = String.fromCharCode(bytes[start] ?? 0);
  const count = Number(bytes.toString('latin1', start + 1, lineEnd));
  let end = lineEnd + 2;
  if ('$=!'.includes(mark)) {
    if (count < 0) return end;
    if (bytes.length < end + count + 2) return undefined;
    words.push(bytes.toString('utf8', end, end + Math.min(count, 64)));
    return end + count + 2;
  }
  if (!'*~>%'.includes(mark)) return end;
  const items = mark === '%' ? count * 2 : count;
  for (let index = 0; index < items; index += 1) {
    const next = endOfFrame(bytes, end, words);
    if (next === undefined) return undefined;
    end = next;
  }
  return end;
}
