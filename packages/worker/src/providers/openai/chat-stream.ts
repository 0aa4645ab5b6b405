/** A chat answer that comes as a stream: bytes to events to chunks to the finished answer. */
import { isJsonObject, type JsonObject } from '@forebay/shared/domain/json';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { BodySink } from '../http/exchange.ts';
import { createSseParser, type ServerSentEvent } from '../http/sse-parser.ts';
import { createChatAssembler } from './assemble-chat.ts';
import { type ProviderError, readProviderError } from './provider-error.ts';
import { textDeltas } from './text-deltas.ts';

/** What a stream came to. */
export type StreamVerdict =
  /** Every choice finished, and the end marker came. */
  | { readonly kind: 'complete'; readonly body: JsonObject }
  /** The end marker came, but the answer before it lacks a choice or a finish reason. */
  | { readonly kind: 'incomplete'; readonly body: JsonObject }
  /** An error object; `hasBegun` when tokens came before it. */
  | { readonly kind: 'error'; readonly error: ProviderError; readonly hasBegun: boolean }
  /** An event that is no JSON object. */
  | { readonly kind: 'broken_event' }
  /** No end marker. */
  | { readonly kind: 'unfinished' };

export interface ChatStream extends BodySink {
  readonly kind: 'stream';
  /** Called once, when the exchange has ended. */
  verdict(): StreamVerdict;
}

const endMarker = '[DONE]';

/**
 * A sink for one streamed answer.
 *
 * @param onDelta told the text of each chunk as it comes.
 */
export function createChatStream(onDelta?: (delta: TextDelta) => void): ChatStream {
  const parser = createSseParser();
  const assembler = createChatAssembler();
  let found: StreamVerdict | undefined;

  const take = ({ event, data }: ServerSentEvent): StreamVerdict | undefined => {
    if (data.trim() === endMarker) {
      return { kind: assembler.isFinished() ? 'complete' : 'incomplete', body: assembler.body() };
    }
    const chunk = parseObject(data);
    if (chunk === undefined) return { kind: 'broken_event' };
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

function parseObject(data: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(data);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    // Text that is no JSON is an expected outcome here; the caller reports it as such.
    return undefined;
  }
}
