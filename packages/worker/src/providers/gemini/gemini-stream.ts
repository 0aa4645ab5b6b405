/**
 * An answer of `streamGenerateContent?alt=sse`: each event is a piece in the form of the whole.
 * There is no end marker: the stream is complete when its HTTP body ended and every candidate told
 * why it stopped, so nothing is decided before the end of the exchange.
 */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { AnswerStream, StreamVerdict } from '../answers/answer-stream.ts';
import { asObjects } from '../answers/json-list.ts';
import { parseJson } from '../answers/parse-json.ts';
import { readProviderError } from '../answers/provider-error.ts';
import { createSseParser, type ServerSentEvent } from '../http/sse-parser.ts';
import { createChunkMerger } from './merge-chunks.ts';

interface GeminiStreamDeps {
  readonly onDelta: ((delta: TextDelta) => void) | undefined;
  /** The finished answer in the OpenAI form. */
  readonly translate: (body: JsonObject) => JsonObject;
}

/** A sink for one streamed answer. */
export function createGeminiStream({ onDelta, translate }: GeminiStreamDeps): AnswerStream {
  const parser = createSseParser();
  const merger = createChunkMerger();
  let found: StreamVerdict | undefined;

  const take = ({ data }: ServerSentEvent): StreamVerdict | undefined => {
    const chunk = parseJson(data);
    if (!isJsonObject(chunk)) return { kind: 'broken_event' };
    const error = chunk['candidates'] === undefined ? readProviderError(chunk) : undefined;
    if (error !== undefined) return { kind: 'error', error, hasBegun: merger.hasBegun() };
    merger.add(chunk);
    if (onDelta !== undefined) for (const delta of chunkDeltas(chunk)) onDelta(delta);
    return undefined;
  };

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
      if (found !== undefined && found.kind !== 'broken_event') return found;
      if (!merger.isFinished()) return { kind: 'unfinished' };
      return { kind: 'complete', body: translate(merger.body()) };
    },
  };
}

function chunkDeltas(chunk: JsonObject): readonly TextDelta[] {
  return asObjects(chunk['candidates']).flatMap(({ index, content }) => {
    const choice = typeof index === 'number' && Number.isSafeInteger(index) ? index : 0;
    const parts = isJsonObject(content) ? asObjects(content['parts']) : [];
    return parts.flatMap(({ text, thought }): readonly TextDelta[] => {
      if (typeof text !== 'string' || text === '') return [];
      return [{ choice, field: thought === true ? 'reasoning' : 'content', text }];
    });
  });
}
