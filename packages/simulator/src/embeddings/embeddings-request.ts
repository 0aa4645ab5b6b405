/** What the vectors depend on. */
export interface EmbeddingsRequest {
  model: string;
  items: EmbeddingItem[];
  dimensions: number | null;
  base64: boolean;
  promptTokens: number;
}

/** One text, or one list of token numbers written as text. */
export interface EmbeddingItem {
  text: string;
  tokens: number;
}
