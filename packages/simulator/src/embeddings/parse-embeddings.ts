import type { ParsedCall } from '../answers/answer.ts';
import { readModel, readWhole, refuseField } from '../answers/read-fields.ts';
import { countTextTokens } from '../text/count-tokens.ts';
import { embeddingsAnswer } from './embeddings-answer.ts';
import type { EmbeddingItem, EmbeddingsRequest } from './embeddings-request.ts';

const ITEMS_MAX = 2048;
const DIMENSIONS_MAX = 4096;

/** Reads an embeddings request; `bodyBytes` bounds the token count. */
export function parseEmbeddings(body: Record<string, unknown>, bodyBytes: number): ParsedCall {
  const model = readModel(body);
  if (model.kind === 'refused') return model;
  const dimensions = readWhole(body, 'dimensions', 1);
  if (dimensions.kind === 'refused') return dimensions;
  if ((dimensions.value ?? 1) > DIMENSIONS_MAX) {
    return refuseField('dimensions', `at most ${DIMENSIONS_MAX}`);
  }
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    return refuseField('encoding_format', 'float or base64');
  }
  const items = readItems(body['input']);
  if (items === null || items.length === 0 || items.length > ITEMS_MAX) {
    return refuseField('input', `text, or a list of 1 to ${ITEMS_MAX} texts or token lists`);
  }
  const counted = items.reduce((sum, item) => sum + item.tokens, 0);
  const request: EmbeddingsRequest = {
    model: model.value,
    items,
    dimensions: dimensions.value,
    base64: format === 'base64',
    promptTokens: Math.min(counted, bodyBytes),
  };
  return {
    kind: 'ok',
    call: {
      kind: 'embeddings',
      model: request.model,
      stream: false,
      promptText: items.map((item) => item.text).join('\n'),
      promptKey: JSON.stringify(body['input']),
      promptTokens: request.promptTokens,
      outputTokensMax: null,
      promptField: 'input',
      answer: (context) => embeddingsAnswer(request, context),
    },
  };
}

/** Null for an input that is none of the four forms. */
function readItems(input: unknown): EmbeddingItem[] | null {
  if (typeof input === 'string') return input === '' ? null : [textItem(input)];
  if (!Array.isArray(input)) return null;
  const whole = tokenItem(input);
  if (whole !== null) return [whole];
  const values: unknown[] = input;
  const items: EmbeddingItem[] = [];
  for (const value of values) {
    const item = typeof value === 'string' && value !== '' ? textItem(value) : tokenItem(value);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function textItem(text: string): EmbeddingItem {
  return { text, tokens: countTextTokens(text) };
}

function tokenItem(value: unknown): EmbeddingItem | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const fits = value.every((token) => Number.isSafeInteger(token) && token >= 0);
  return fits ? { text: value.join(' '), tokens: value.length } : null;
}
