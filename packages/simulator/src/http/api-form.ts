/** What differs between the APIs that the simulator speaks, apart from requests and answers. */
import type { RateState } from '../calls/rate-table.ts';
import type { ModelProfile } from '../scenario/scenario.ts';
import type { Exchange } from './exchange.ts';
import type { Refusal } from './openai-error.ts';

/** A complete error answer as it goes out. */
export interface WrittenError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface ApiForm {
  /** The key that a request shows; empty for none. */
  keyOf(exchange: Exchange): string;
  writeError(refused: Refusal): WrittenError;
  /** The headers of every answer, beside its type. */
  answerHeaders(exchange: Exchange, callId: string): Record<string, string>;
  /** What answers tell about the limits of a lane. */
  rateHeaders(profile: ModelProfile, state: RateState): Record<string, string>;
}
