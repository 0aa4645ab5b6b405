import type { ToolOffer } from '../answers/draft-answer.ts';

/** What the answer depends on and repeats. */
export interface ResponsesRequest {
  model: string;
  tokensMax: number | null;
  stop: readonly string[];
  structured: boolean;
  schema: unknown;
  tool: ToolOffer | null;
  promptTokens: number;
  promptKey: string;
  /** The request fields a response object repeats. */
  echo: Record<string, unknown>;
}
