import type { CallKind } from '../bill/call-line.ts';
import type { TrueUsage } from '../bill/price.ts';
import type { SteeredSettings } from '../faults/steering.ts';
import type { Refusal } from '../http/openai-error.ts';
import type { ModelProfile } from '../scenario/scenario.ts';
import type { UsageDistortion } from './distort-usage.ts';

/** One server-sent event and the tokens that were generated for it. */
export interface Frame {
  text: string;
  tokens: number;
}

/** A finished answer in both forms. */
export interface Answer {
  usage: TrueUsage;
  /** The JSON body of the unstreamed form. */
  body(): unknown;
  /** The events of the streamed form without the last one. */
  frames(): Iterable<Frame>;
  /** The event without which a streamed answer is not complete. */
  lastFrame(): string;
  /** An error in the middle of the stream, where it has a form of its own. */
  errorFrame?(): string;
}

/** What an answer is made from, beside the request. Equal contexts give equal answers. */
export interface AnswerContext {
  callId: string;
  seed: number;
  profile: ModelProfile;
  settings: SteeredSettings;
  /** `blocked`: a filtered prompt, in APIs that tell it by an answer without a word. */
  variant: 'plain' | 'refusal' | 'filtered' | 'blocked';
  distortion: UsageDistortion | null;
  /** What the context window leaves for output; null for no limit. */
  roomTokens: number | null;
}

/** A request that was understood. */
export interface ModelCall {
  kind: CallKind;
  model: string;
  stream: boolean;
  /** All text of the prompt, for markers and matches. */
  promptText: string;
  /** What makes this prompt another than the next; answers are drawn from it. */
  promptKey: string;
  promptTokens: number;
  /** Output cap of the whole call, over all choices; null for none. */
  outputTokensMax: number | null;
  /** The field a too long prompt is blamed on. */
  promptField: string;
  /** Whether a filtered prompt is told by an answer and not by an error. */
  blocksInAnswer?: boolean;
  answer(context: AnswerContext): Answer;
}

export type ParsedCall = { kind: 'ok'; call: ModelCall } | { kind: 'refused'; refusal: Refusal };
