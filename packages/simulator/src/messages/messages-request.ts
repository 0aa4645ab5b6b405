import type { DraftRequest } from '../answers/draft-answer.ts';

/** What an answer depends on. */
export interface MessagesRequest extends DraftRequest {
  model: string;
  tokensMax: number;
  /** Whether thinking is shown; it is counted in any case. */
  showsThinking: boolean;
  promptTokens: number;
  promptKey: string;
}
