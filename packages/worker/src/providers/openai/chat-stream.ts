/** A chat answer that comes as a stream: bytes to events to chunks to the finished answer. */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { AnswerStream, StreamVerdict } from '../answers/answer-stream.ts';
import { parseJson } from '../answers/parse-json.ts';
import { type ProviderError, readProviderError } from '../answers/provider-error.ts';
import { createSseParser, type ServerSentEvent } from '../http/sse-parser.ts';
import { createChatAssembler } from './assemble-chat.ts';
import { textDeltas } from './text-deltas.ts';

const endMarker = '[DONE]';

/**
 * A sink for one streamed answer.
 *
 * @param onDelta told the text of each chunk as it comes.
 */
export function createChatStream(onDelta?: (delta: TextDelta) => void): AnswerStream {
  const parser = createSseParser();
  const assembler = createChatAssembler();
  let found: StreamVerdict | undefined;

  const take = ({ event, data }: ServerSentEvent): StreamVerdict | undefined => {
    if (data.trim() === endMarker) {
      return { kind: assembler.isFinished() ? 'complete' : 'incomplete', body: assembler.body() };
    }
    const chunk = parseJson(data);
    if (!isJsonObject(chunk)) return { kind: 'broken_event' };
    const error = readStreamError(event, chunk);
    if (error !== undefined) return { kind: 'error', error, hasBegun: assembler.hasBegun() };
    assembler.add(chunk);
    if (onDelta !== undefined) for (const delta of textDeltas(chunk)) onDelta(delta);
    return undefined;
  };

  return {
    kind: 'stream',
    write(bytes) {
      for (const event of parser.push(bytes)) {
        found ??= take(event);
      }
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

function readStreamError(event: string, chunk: JsonObject): ProviderError | undefined {
  // A chunk with choices is an answer even if it carries an empty `error` beside them.
  if (event === 'error') return readProviderError(chunk) ?? readProviderError({ error: chunk });
  return chunk['choices'] === undefined || isJsonObject(chunk['error'])
    ? readProviderError(chunk)
    : undefined;
}
