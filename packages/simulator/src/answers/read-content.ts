import { countJsonTokens, countTextTokens } from '../text/count-tokens.ts';
import { isRecord } from '../text/is-record.ts';

/** Text counts as text; any other part counts as its JSON. */
export function readContent(content: unknown): { text: string; tokens: number } | null {
  if (content === null) return { text: '', tokens: 0 };
  if (typeof content === 'string') return { text: content, tokens: countTextTokens(content) };
  if (!Array.isArray(content)) return null;
  const parts: unknown[] = content;
  const texts: string[] = [];
  let tokens = 0;
  for (const part of parts) {
    if (!isRecord(part)) return null;
    const text = part['text'];
    if (typeof text === 'string') texts.push(text);
    tokens += typeof text === 'string' ? countTextTokens(text) : countJsonTokens(part);
  }
  return { text: texts.join('\n'), tokens };
}
