/** What takes a streamed answer, and what such a stream can come to. */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { BodySink } from '../http/exchange.ts';
import type { ProviderError } from './provider-error.ts';

export type StreamVerdict =
  /** The answer finished, and the end marker came. */
  | { readonly kind: 'complete'; readonly body: JsonObject }
  /** The end marker came, but the answer before it lacks a choice or a finish reason. */
  | { readonly kind: 'incomplete'; readonly body: JsonObject }
  /** An error object; `hasBegun` when tokens came before it. */
  | { readonly kind: 'error'; readonly error: ProviderError; readonly hasBegun: boolean }
  /** An event that is no JSON object. */
  | { readonly kind: 'broken_event' }
  /** No end marker. */
  | { readonly kind: 'unfinished' };

export interface AnswerStream extends BodySink {
  readonly kind: 'stream';
  /** Called once, when the exchange has ended. Bodies are in the OpenAI form. */
  verdict(): StreamVerdict;
}
