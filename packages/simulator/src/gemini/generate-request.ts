import type { ToolOffer } from '../answers/draft-answer.ts';

/** What the answer depends on. */
export interface GenerateRequest {
  model: string;
  candidates: number;
  tokensMax: number | null;
  stop: string[];
  structured: boolean;
  schema: unknown;
  tool: ToolOffer | null;
  /** Whether thoughts are shown; they are counted in any case. */
  showsThoughts: boolean;
  logprobs: boolean;
  promptTokens: number;
  promptKey: string;
}
