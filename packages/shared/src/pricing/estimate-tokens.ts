/**
 * About how many tokens a text has, by runs of alike characters and without a tokenizer: those can
 * take seconds for a text of one repeated letter. Linear; never used to bound money.
 *
 * docs/pricing.md shows how far it is off for prose, code, JSON and others.
 */

/** Tokens per UTF-16 unit of what stands for itself. */
const tokensPerUnit = {
  /** Signs of ASCII and Latin-1. */
  punctuation: 0.6,
  /** Han, kana, Hangul. */
  ideograph: 0.9,
  /** Halves of emoji and of other characters beyond the first plane. */
  surrogate: 1,
  /** Cyrillic, Greek, Arabic, Indic and so on. */
  other: 0.4,
  /** Unbroken runs that look like base64: no words to find in them. */
  base64: 0.7,
} as const;

/** A word up to this length is one token, a longer one as many as its length holds this. */
const lettersPerToken = 6;
const digitsPerToken = 3;
/** One blank goes with the word that follows; more of them are a token, and very many some more. */
const blanksPerToken = 16;

/** From this length on an unbroken run of base64 characters is taken for encoded data. */
const base64RunUnitsMin = 64;

/** @returns a number that need not be whole. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (let index = 0; index < text.length; ) {
    const run = runAt(text, index);
    tokens += run.tokens;
    index = run.end;
  }
  return tokens;
}

interface Run {
  readonly tokens: number;
  readonly end: number;
}

function runAt(text: string, start: number): Run {
  const unit = text.charCodeAt(start);
  if (isBase64(unit) && isBase64(text.charCodeAt(start + base64RunUnitsMin - 1))) {
    const end = endOf(text, start, isBase64);
    const length = end - start;
    if (length >= base64RunUnitsMin) return { tokens: length * tokensPerUnit.base64, end };
  }
  if (isLetter(unit)) {
    const end = endOf(text, start, isLetter);
    return { tokens: Math.max(1, (end - start) / lettersPerToken), end };
  }
  if (isDigit(unit)) {
    const end = endOf(text, start, isDigit);
    return { tokens: Math.ceil((end - start) / digitsPerToken), end };
  }
  if (isBlank(unit)) {
    const end = endOf(text, start, isBlank);
    const length = end - start;
    return { tokens: length === 1 ? 0 : 1 + length / blanksPerToken, end };
  }
  return { tokens: tokensPerUnit[kindOf(unit)], end: start + 1 };
}

type UnitTest = (unit: number) => boolean;

function endOf(text: string, start: number, belongs: UnitTest): number {
  let end = start + 1;
  while (end < text.length && belongs(text.charCodeAt(end))) end += 1;
  return end;
}

function kindOf(unit: number): Exclude<keyof typeof tokensPerUnit, 'base64'> {
  if (unit < 0x250) return 'punctuation';
  if (isIdeograph(unit)) return 'ideograph';
  return unit >= 0xd800 && unit <= 0xdfff ? 'surrogate' : 'other';
}

function isIdeograph(unit: number): boolean {
  return (unit >= 0x2e80 && unit <= 0x9fff) || (unit >= 0xac00 && unit <= 0xd7af);
}

/** ASCII and Latin. */
function isLetter(unit: number): boolean {
  return isAsciiLetter(unit) || (unit >= 0xc0 && unit < 0x250);
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
}

function isBase64(unit: number): boolean {
  return (
    isAsciiLetter(unit) ||
    isDigit(unit) ||
    unit === 0x2b || // +
    unit === 0x2f || // /
    unit === 0x3d || // =
    unit === 0x2d || // -
    unit === 0x5f // _
  );
}
