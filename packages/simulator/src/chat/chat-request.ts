import type { ToolOffer } from '../answers/draft-answer.ts';

/** What the answer depends on. */
export interface ChatRequest {
  model: string;
  choices: number;
  tokensMax: number | null;
  stop: string[];
  structured: boolean;
  schema: unknown;
  tool: ToolOffer | null;
  includeUsage: boolean;
  promptTokens: number;
  promptKey: string;
}
