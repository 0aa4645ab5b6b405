import type { Answer, AnswerContext } from '../answers/answer.ts';
import { distortUsage } from '../answers/distort-usage.ts';
import { createSeededRandom } from '../text/seeded-random.ts';
import type { EmbeddingsRequest } from './embeddings-request.ts';

/** A vector for each item; equal texts have equal vectors. */
export function embeddingsAnswer(request: EmbeddingsRequest, context: AnswerContext): Answer {
  const { promptTokens, model } = request;
  const dimensions = request.dimensions ?? context.profile.embeddingDimensions;
  const usage = {
    promptTokens,
    cachedTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
  };
  const shown = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return {
    usage,
    body: () => ({
      object: 'list',
      data: request.items.map((item, index) => {
        const vector = writeVector({ seed: context.seed, model, text: item.text }, dimensions);
        const embedding = request.base64 ? encodeBase64(vector) : vector;
        return { object: 'embedding', index, embedding };
      }),
      model,
      usage: distortUsage(shown, context.distortion),
    }),
    frames: () => [],
    lastFrame: () => '',
  };
}

/** A vector of length one; every number is exact in 32 bits. */
function writeVector(
  source: { seed: number; model: string; text: string },
  dimensions: number,
): number[] {
  const random = createSeededRandom(source.seed, source.model, source.text);
  const raw = Array.from({ length: dimensions }, () => random.next() * 2 - 1);
  const length = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0));
  return raw.map((value) => Math.fround(value / length));
}

/** Little-endian 32-bit floats, whatever the machine. */
function encodeBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
