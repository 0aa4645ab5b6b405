/** A sink for an answer that comes as server-sent events: bytes to events to a verdict. */
import { createSseParser, type ServerSentEvent } from '../http/sse-parser.ts';
import type { AnswerStream, StreamVerdict } from './answer-stream.ts';

/** Takes one event; a verdict ends the stream, and what comes after it is not looked at. */
type TakeEvent = (event: ServerSentEvent) => StreamVerdict | undefined;

export function createEventSink(take: TakeEvent): AnswerStream {
  const parser = createSseParser();
  let found: StreamVerdict | undefined;
  return {
    kind: 'stream',
    write(bytes) {
      for (const event of parser.push(bytes)) found ??= take(event);
      return found === undefined ? 'more' : 'enough';
    },
    verdict() {
      if (found !== undefined) return found;
      for (const event of parser.end()) found ??= take(event);
      // What the end of the stream cut in half is a cut, not a broken event.
      return found === undefined || found.kind === 'broken_event' ? { kind: 'unfinished' } : found;
    },
  };
}
