/** What a text weighs: bytes for the provable bound, tokens for the guess. Linear. */
import { estimateTokens } from './estimate-tokens.ts';

export interface TextWeight {
  /** UTF-8 bytes. Every token of a byte-level tokenizer covers at least one of them. */
  readonly rawBytes: number;
  /** Bytes after the most wasteful JSON encoder: everything special becomes `\uXXXX`. */
  readonly renderedBytes: number;
  /** A guess, see `estimate-tokens.ts`; never more than there are bytes. */
  readonly tokensEstimate: number;
}

/** Longest form that a JSON encoder gives to one UTF-16 unit: `\uXXXX`. */
const escapedBytes = 6;

/** Weighs a text. */
export function measureText(text: string): TextWeight {
  let renderedBytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    renderedBytes += renderedUnitBytes(text.charCodeAt(index));
  }
  const rawBytes = Buffer.byteLength(text);
  const tokensEstimate = Math.min(Math.ceil(estimateTokens(text)), rawBytes);
  return { rawBytes, renderedBytes, tokensEstimate };
}

function renderedUnitBytes(unit: number): number {
  const plain = unit >= 0x20 && unit < 0x7f && !isOftenEscaped(unit);
  return plain ? 1 : escapedBytes;
}

/** `"`, `&`, `'`, `<`, `>` and backslash: some encoder writes each of them as `\uXXXX`. */
function isOftenEscaped(unit: number): boolean {
  return (
    unit === 0x22 ||
    unit === 0x26 ||
    unit === 0x27 ||
    unit === 0x3c ||
    unit === 0x3e ||
    unit === 0x5c
  );
}
