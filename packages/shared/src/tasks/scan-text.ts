/** Counts what a text has of each signal: one pass, one look per word, nothing kept of it. */
import { cueIndex, mayBeCue, pairHash, type WordCue, wordHash } from './cue-index.ts';
import { taskSignals } from './task-signals.ts';
import { isWordPart, unitKind, unitKindCount, unitKinds } from './text-units.ts';

/** Instructions stand at the beginning and at the end; between them is what they are about. */
const instructionUnits = 200;
/** What a cue word counts in between. */
const middleWeight = 0.25;
/** Most prompts begin with what they want. */
const openingUnits = 60;
const openingWeight = 1.6;

/** Longer runs of letters are no words. */
const wordUnitsMax = 40;

/** Sums over the texts of one prompt. Lives for one classification. */
export class TextTally {
  /** Cues found, weighted by their place, by the place of the signal in `taskSignals`. */
  readonly cues = new Float64Array(taskSignals.length);
  /** Words, numbers and signs by their `unitKind`. */
  readonly kinds = new Uint32Array(unitKindCount);
  units = 0;

  get numbers(): number {
    return this.#count(unitKind.digit);
  }

  get ideographs(): number {
    return this.#count(unitKind.ideograph);
  }

  get codeSigns(): number {
    return this.#count(unitKind.codeSign);
  }

  get mathsSigns(): number {
    return this.#count(unitKind.mathsSign);
  }

  get lines(): number {
    return this.#count(unitKind.lineFeed);
  }

  /** All ends of lines that a regular expression knows. */
  get lineBreaks(): number {
    return this.lines + this.#count(unitKind.otherBreak);
  }

  #count(kind: number): number {
    return this.kinds[kind] ?? 0;
  }
}

/** A text in lower case, where its cues go, and what they count. */
interface Scan {
  readonly cues: Float64Array;
  readonly text: string;
  readonly weight: number;
}

/** Where a word begins and ends, and its {@link wordHash}. */
interface Word {
  readonly start: number;
  readonly end: number;
  readonly hash: number;
}

/** Adds a text. @param weight what its cues count. */
export function scanText(tally: TextTally, text: string, weight: number): void {
  const lower = text.toLowerCase();
  const end = lower.length;
  const scan: Scan = { cues: tally.cues, text: lower, weight };
  const { kinds } = tally;
  tally.units += end;
  // The word before, as numbers: most words raise nothing and need no object.
  let beforeStart = 0;
  let beforeEnd = 0;
  let beforeHash = 0;
  for (let at = 0; at < end; ) {
    const start = at;
    let unit = lower.charCodeAt(at);
    const kind = unitKinds[unit] ?? unitKind.other;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    at += 1;
    if (kind === unitKind.letter) {
      let hash = wordHash(0, unit);
      for (; at < end; at += 1) {
        unit = lower.charCodeAt(at);
        if (!isWordPart(unit)) break;
        hash = wordHash(hash, unit);
      }
      for (; at < end && isSuffix(lower.charCodeAt(at)); at += 1) {
        hash = wordHash(hash, lower.charCodeAt(at));
      }
      if (mayBeCue(beforeHash, hash)) {
        const before = { start: beforeStart, end: beforeEnd, hash: beforeHash };
        raiseWords(scan, before, { start, end: at, hash });
      }
      beforeStart = start;
      beforeEnd = at;
      beforeHash = hash;
    } else if (kind === unitKind.digit) {
      while (at < end && isNumberPart(lower.charCodeAt(at))) at += 1;
    } else if (kind === unitKind.ideograph) raiseIdeographs(scan, start);
  }
}

/** Digits and their separators. */
function isNumberPart(unit: number): boolean {
  return unitKinds[unit] === unitKind.digit || unit === 0x2e || unit === 0x2c;
}

/** `c++` and `c#` are words. */
function isSuffix(unit: number): boolean {
  return unit === 0x2b || unit === 0x23;
}

function raiseWords(scan: Scan, before: Word, word: Word): void {
  if (word.end - word.start > wordUnitsMax) return;
  const { text } = scan;
  for (const cue of cueIndex.alone.get(word.hash) ?? noCues) {
    if (isAt(text, word, cue.word)) raise(scan, cue.signal, word.start);
  }
  for (const cue of cueIndex.pairs.get(pairHash(before.hash, word.hash)) ?? noCues) {
    const isCue = isAt(text, word, cue.word) && isAt(text, before, cue.before);
    if (isCue) raise(scan, cue.signal, word.start);
  }
}

const noCues: readonly WordCue[] = [];

function isAt(text: string, { start, end }: Word, wanted: string): boolean {
  return wanted.length === end - start && text.startsWith(wanted, start);
}

function raiseIdeographs(scan: Scan, start: number): void {
  const { text } = scan;
  const pair = cueIndex.ideographs.get(text.slice(start, start + 2)) ?? [];
  const one = cueIndex.ideographs.get(text.charAt(start)) ?? [];
  for (const cue of pair) if (text.startsWith(cue.text, start)) raise(scan, cue.signal, start);
  for (const cue of one) raise(scan, cue.signal, start);
}

function raise({ cues, text, weight }: Scan, signal: number, at: number): void {
  cues[signal] = (cues[signal] ?? 0) + weight * weightAt(text, at);
}

function weightAt(text: string, at: number): number {
  if (at < openingUnits) return openingWeight;
  const isNearEnd = text.length - at <= instructionUnits;
  return at < instructionUnits || isNearEnd ? 1 : middleWeight;
}
