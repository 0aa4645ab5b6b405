/** Kinds of UTF-16 units by table, so that reading a long text costs one look for each unit. */

export const unitKind = {
  other: 0,
  /** Letters of scripts that put blanks between words. */
  letter: 1,
  digit: 2,
  /** Han, kana, Hangul: words without blanks. */
  ideograph: 3,
  /** Signs that code is full of. */
  codeSign: 4,
  /** Signs of formulas. */
  mathsSign: 5,
  lineFeed: 6,
  /** The other ends of lines that a regular expression knows. */
  otherBreak: 7,
} as const;

export const unitKindCount = Object.keys(unitKind).length;

export const unitKinds: Uint8Array = kindsOfUnits();

/** Whether a unit can begin a word. */
export function isWordUnit(unit: number): boolean {
  return unitKinds[unit] === unitKind.letter;
}

/** Whether a word goes on with a unit. */
export function isWordPart(unit: number): boolean {
  const kind = unitKinds[unit];
  return kind === unitKind.letter || kind === unitKind.digit;
}

function kindsOfUnits(): Uint8Array {
  const table = new Uint8Array(0x10000);
  table.fill(unitKind.letter, 0x41, 0x5b);
  table.fill(unitKind.letter, 0x61, 0x7b);
  // Latin, Greek, Cyrillic, Arabic, Indic and so on; the few signs among them do no harm.
  table.fill(unitKind.letter, 0xc0, 0x2000);
  table.fill(unitKind.ideograph, 0x2e80, 0x3000);
  table.fill(unitKind.ideograph, 0x3040, 0xa000);
  table.fill(unitKind.ideograph, 0xac00, 0xd7b0);
  for (let unit = 0x30; unit <= 0x39; unit += 1) table[unit] = unitKind.digit;
  for (const sign of '{}();[]<>_`|&') table[sign.charCodeAt(0)] = unitKind.codeSign;
  for (const sign of '=+^*/√∫∑≤≥≠±×÷∞∂πθ\\') table[sign.charCodeAt(0)] = unitKind.mathsSign;
  table[0x0a] = unitKind.lineFeed;
  for (const unit of [0x0d, 0x2028, 0x2029]) table[unit] = unitKind.otherBreak;
  return table;
}
