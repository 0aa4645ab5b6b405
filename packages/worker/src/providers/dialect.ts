/**
 * What differs between the APIs of providers. Callers know one form of a request and of its answer
 * for each kind, that of OpenAI; a dialect translates both ways. All that is the same for every
 * dialect (connection, key, timers, judging) is done around it, in `provider-client.ts`.
 */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { ProviderCall } from '@forebay/shared/ports/provider-client';
import type { AnswerStream } from './answers/answer-stream.ts';

export interface Dialect {
  buildRequest(call: ProviderCall): DialectRequest | Untranslatable;
  /** A sink for the answer to a request that asked for a stream. */
  openStream(call: ProviderCall): AnswerStream;
  /**
   * A body that came whole with a success status, in the OpenAI form of its kind. What is no
   * answer, such as an error object, is given back as it is.
   */
  readBody(call: ProviderCall, body: JsonObject): JsonObject;
}

/** The part of a request that a dialect decides. */
export interface DialectRequest {
  readonly kind: 'request';
  /** Under the base URL; begins with a slash. */
  readonly path: string;
  /** Beside those that every call has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  /** Whether the provider is asked to stream. */
  readonly isStreamed: boolean;
}

/**
 * A request that this API has no form for. Planning keeps most of them away by
 * `domain/find-uncarried.ts`; nothing is ever left out on the way.
 */
export interface Untranslatable {
  readonly kind: 'untranslatable';
  /** Path of the field in the caller's body. */
  readonly param: string;
  readonly detail: string;
}
