/** A message that comes as a stream: bytes to events to the message to the finished answer. */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { AnswerStream } from '../answers/answer-stream.ts';
import { createEventSink } from '../answers/event-sink.ts';
import { parseJson } from '../answers/parse-json.ts';
import { readProviderError } from '../answers/provider-error.ts';
import { createMessageAssembler } from './assemble-message.ts';
import { readMessage } from './read-message.ts';

/**
 * A sink for one streamed message.
 *
 * @param onDelta told the text of each event as it comes.
 */
export function createMessageStream(onDelta?: (delta: TextDelta) => void): AnswerStream {
  const assembler = createMessageAssembler();

  return createEventSink(({ event: name, data }) => {
    const event = parseJson(data);
    if (!isJsonObject(event)) return { kind: 'broken_event' };
    // Gateways in front of the API send an error without saying that the event is one.
    if (name === 'error' || event['type'] === 'error' || isJsonObject(event['error'])) {
      const error = readProviderError(event) ?? readProviderError({ error: event });
      const hasBegun = assembler.hasBegun();
      return error === undefined ? { kind: 'broken_event' } : { kind: 'error', error, hasBegun };
    }
    if (event['type'] === 'message_stop') {
      const kind = assembler.isFinished() ? 'complete' : 'incomplete';
      return { kind, body: readMessage(assembler.message()) };
    }
    assembler.add(event);
    if (onDelta !== undefined) showText(event, onDelta);
    return undefined;
  });
}

/** Text only: of other deltas, such as the input of a tool, a half is of no use. */
function showText({ type, delta }: JsonObject, onDelta: (delta: TextDelta) => void): void {
  if (type !== 'content_block_delta' || !isJsonObject(delta)) return;
  const { text, thinking } = delta;
  if (typeof text === 'string' && text !== '') onDelta({ choice: 0, field: 'content', text });
  if (typeof thinking === 'string' && thinking !== '') {
    onDelta({ choice: 0, field: 'reasoning', text: thinking });
  }
}
