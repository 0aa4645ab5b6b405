/** A chat answer that comes as a stream: bytes to events to chunks to the finished answer. */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { AnswerStream } from '../answers/answer-stream.ts';
import { createEventSink } from '../answers/event-sink.ts';
import { parseJson } from '../answers/parse-json.ts';
import { type ProviderError, readProviderError } from '../answers/provider-error.ts';
import { createChatAssembler } from './assemble-chat.ts';
import { textDeltas } from './text-deltas.ts';

const endMarker = '[DONE]';

/**
 * A sink for one streamed answer.
 *
 * @param onDelta told the text of each chunk as it comes.
 */
export function createChatStream(onDelta?: (delta: TextDelta) => void): AnswerStream {
  const assembler = createChatAssembler();

  return createEventSink(({ event, data }) => {
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
  });
}

function readStreamError(event: string, chunk: JsonObject): ProviderError | undefined {
  // A chunk with choices is an answer even if it carries an empty `error` beside them.
  if (event === 'error') return readProviderError(chunk) ?? readProviderError({ error: chunk });
  return chunk['choices'] === undefined || isJsonObject(chunk['error'])
    ? readProviderError(chunk)
    : undefined;
}
