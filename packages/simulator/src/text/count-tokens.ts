/** The simulator's own token rule: one token per four UTF-16 characters, rounded up. */
export const CHARACTERS_PER_TOKEN = 4;

/** What each chat or input message costs on top of its text. */
export const MESSAGE_OVERHEAD_TOKENS = 3;

/** Tokens of one piece of text. Never more than its UTF-8 bytes. */
export function countTextTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/** Tokens of any JSON value that is not plain text: those of its JSON text. */
export function countJsonTokens(value: unknown): number {
  return value === undefined ? 0 : countTextTokens(JSON.stringify(value));
}

/** Cuts text into the pieces a stream sends, one token each. */
export function splitIntoTokens(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += CHARACTERS_PER_TOKEN) {
    pieces.push(text.slice(start, start + CHARACTERS_PER_TOKEN));
  }
  return pieces;
}
