/**
 * About how many tokens a text has, by runs of alike characters and without a tokenizer: those can
 * take seconds for a text of one repeated letter. One pass; never used to bound money.
 *
 * docs/pricing.md shows how far it is off for prose, code, JSON and others.
 */

/** Kinds of UTF-16 units; a run holds units of one kind. */
const kind = {
  /** ASCII and Latin letters. */
  letter: 0,
  digit: 1,
  blank: 2,
  /** Signs of ASCII and Latin-1. */
  sign: 3,
  /** Han, kana, Hangul. */
  ideograph: 4,
  /** Halves of emoji and of other characters beyond the first plane. */
  surrogate: 5,
  /** Cyrillic, Greek, Arabic, Indic and so on. */
  other: 6,
} as const;

/** Tokens per unit, for kinds whose runs have no length that matters. */
const perUnit: readonly number[] = [0, 0, 0, 0.6, 0.9, 1, 0.4];

/** A word up to this length is one token, a longer one as many as its length holds this. */
const lettersPerToken = 6;
const digitsPerToken = 3;
/** One blank goes with the word that follows; more of them are a token, and very many some more. */
const blanksPerToken = 16;

/** From this length on an unbroken run of base64 characters is taken for encoded data. */
const base64RunUnitsMin = 64;
/** There are no words to find in encoded data. */
const tokensPerBase64Unit = 0.7;

const base64Signs = '+/=-_';

/** Set beside the kind of each unit that base64 can hold. */
const base64Flag = 0x80;
/** Where ASCII, Latin-1 and the Latin extensions end. */
const latinEnd = 0x250;
const kinds = kindsOfUnits();

/** @returns a number that need not be whole. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let runKind: number = kind.sign;
  let runStart = 0;
  // What the runs since the last unit outside of base64 count, until it is known to be data.
  let wordTokens = 0;
  let wordStart = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const entry = index < text.length ? (kinds[text.charCodeAt(index)] ?? 0) : noUnit;
    const unitKind = entry & ~base64Flag;
    if (unitKind !== runKind) {
      wordTokens += runTokens(runKind, index - runStart);
      runKind = unitKind;
      runStart = index;
    }
    if ((entry & base64Flag) !== 0) continue;
    const length = index - wordStart;
    const isData = length >= base64RunUnitsMin;
    tokens += isData ? length * tokensPerBase64Unit : wordTokens;
    if (isData) runStart = index;
    wordTokens = 0;
    wordStart = index + 1;
  }
  return tokens;
}

/** A kind that ends every run. */
const noUnit = 0x7f;

function runTokens(runKind: number, length: number): number {
  if (length === 0) return 0;
  if (runKind === kind.letter) return Math.max(1, length / lettersPerToken);
  if (runKind === kind.digit) return Math.ceil(length / digitsPerToken);
  if (runKind === kind.blank) return length === 1 ? 0 : 1 + length / blanksPerToken;
  return length * (perUnit[runKind] ?? 0);
}

/** The kind of every UTF-16 unit, so that a long text costs one look for each. */
function kindsOfUnits(): Uint8Array {
  const table = new Uint8Array(0x10000).fill(kind.other);
  table.fill(kind.ideograph, 0x2e80, 0xa000);
  table.fill(kind.ideograph, 0xac00, 0xd7b0);
  table.fill(kind.surrogate, 0xd800, 0xe000);
  for (let unit = 0; unit < latinEnd; unit += 1) {
    table[unit] = kindOf(unit) | (isBase64(unit) ? base64Flag : 0);
  }
  return table;
}

function kindOf(unit: number): number {
  if (isAsciiLetter(unit) || unit >= 0xc0) return kind.letter;
  if (isDigit(unit)) return kind.digit;
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) ? kind.blank : kind.sign;
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isBase64(unit: number): boolean {
  return isAsciiLetter(unit) || isDigit(unit) || base64Signs.includes(String.fromCharCode(unit));
}
