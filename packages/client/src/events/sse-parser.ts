/**
 * Server-sent events out of bytes that may be split anywhere, after the WHATWG event stream
 * format. An event whose closing empty line never came is dropped: it may have been cut.
 */

export interface StreamEvent {
  /** The last `id` field so far; empty before the first. */
  readonly id: string;
  /** Empty when there is none. */
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** The events that these bytes complete. */
  push(chunk: Uint8Array): readonly StreamEvent[];
}

export function createSseParser(): SseParser {
  const decoder = new TextDecoder();
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];

  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const complete = data.length > 0 ? { id, event, data: data.join('\n') } : undefined;
      event = '';
      data = [];
      return complete;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    // A comment has an empty field name; `retry` and unknown fields say nothing to us.
    return undefined;
  };

  return {
    push(chunk) {
      const text = rest + decoder.decode(chunk, { stream: true });
      // A carriage return at the very end may be the first half of a line end.
      const usable = text.endsWith('\r') ? text.length - 1 : text.length;
      const lines = text.slice(0, usable).split(/\r\n|\r|\n/);
      rest = (lines.pop() ?? '') + text.slice(usable);
      return lines.map(takeLine).filter((found) => found !== undefined);
    },
  };
}
