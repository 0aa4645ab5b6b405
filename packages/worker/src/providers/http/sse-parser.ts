/**
 * Server-sent events out of bytes that may be split anywhere: inside a character, inside a line
 * end, inside a field. It follows the WHATWG event stream format but for one thing: `end` also
 * gives the last event when its closing empty line is missing, because servers forget that line
 * after `data: [DONE]`. Whether such an event was cut is for the reader of its data to find out.
 */

export interface ServerSentEvent {
  /** The `event` field; empty when there is none. */
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** Events that these bytes complete. */
  push(chunk: Uint8Array): ServerSentEvent[];
  /** What is left when the stream ends. */
  end(): ServerSentEvent[];
}

const lineFeed = '\n';
const carriageReturn = '\r';

export function createSseParser(): SseParser {
  // Drops a leading byte order mark and holds back incomplete characters.
  const decoder = new TextDecoder();
  const pending = new PendingEvent();
  /** Pieces of the line that has not ended yet, joined once: long lines stay linear. */
  let pieces: string[] = [];
  let afterReturn = false;

  const takeLine = (rest: string): ServerSentEvent | undefined => {
    pieces.push(rest);
    const line = pieces.join('');
    pieces = [];
    return pending.line(line);
  };
  const feed = (decoded: string): ServerSentEvent[] => {
    const events: ServerSentEvent[] = [];
    // A line feed right after a carriage return ends the same line, also over two chunks.
    const text = afterReturn && decoded.startsWith(lineFeed) ? decoded.slice(1) : decoded;
    if (decoded !== '') afterReturn = decoded.endsWith(carriageReturn);
    let from = 0;
    for (const ending of text.matchAll(/\r\n|\r|\n/g)) {
      const event = takeLine(text.slice(from, ending.index));
      if (event !== undefined) events.push(event);
      from = ending.index + ending[0].length;
    }
    if (from < text.length) pieces.push(text.slice(from));
    return events;
  };

  return {
    push: (chunk) => feed(decoder.decode(chunk, { stream: true })),
    end() {
      const events = feed(decoder.decode());
      // The unended line counts as a line, and the unended event as an event.
      for (const last of [takeLine(''), pending.line('')])
        if (last !== undefined) events.push(last);
      return events;
    },
  };
}

class PendingEvent {
  #event = '';
  #data: string[] = [];

  /** Takes one line; gives the event that an empty line completes. */
  line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#complete();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value =
      colon < 0 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    // Comments (an empty field name), `id`, `retry` and unknown fields carry nothing for us.
    return undefined;
  }

  #complete(): ServerSentEvent | undefined {
    const event = { event: this.#event, data: this.#data.join('\n') };
    const hasData = this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    return hasData ? event : undefined;
  }
}
