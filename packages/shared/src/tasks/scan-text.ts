/** Counts what a text has of each signal: one pass, one look-up per word, nothing kept of it. */
import { cueIndex, pairHash, wordHash } from './cue-index.ts';
import { taskSignals } from './task-signals.ts';
import { unitKind, unitKinds } from './text-units.ts';

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
  units = 0;
  ideographs = 0;
  numbers = 0;
  codeSigns = 0;
  mathsSigns = 0;
  lines = 0;
}

/** Adds a text. @param weight what its cues count. */
export function scanText(tally: TextTally, text: string, weight: number): void {
  const lower = text.toLowerCase();
  const scan = new Scan(tally, lower, weight);
  tally.units += lower.length;
  let index = 0;
  while (index < lower.length) {
    const kind = kindAt(lower, index);
    switch (kind) {
      case unitKind.letter:
        index = scan.word(index);
        break;
      case unitKind.digit:
        index = scan.number(index);
        break;
      case unitKind.ideograph:
        scan.ideograph(index);
        index += 1;
        break;
      default:
        scan.sign(kind);
        index += 1;
    }
  }
}

function kindAt(text: string, at: number): number {
  return unitKinds[text.charCodeAt(at)] ?? unitKind.other;
}

class Scan {
  readonly #tally: TextTally;
  readonly #text: string;
  readonly #weight: number;
  /** Where the word before this one begins and ends. */
  #beforeStart = 0;
  #beforeEnd = 0;
  #beforeHash = 0;

  constructor(tally: TextTally, text: string, weight: number) {
    this.#tally = tally;
    this.#text = text;
    this.#weight = weight;
  }

  /** Reads the word that begins here. @returns where it ends. */
  word(start: number): number {
    let end = start;
    let hash = 0;
    do {
      hash = wordHash(hash, this.#text.charCodeAt(end));
      end += 1;
    } while (end < this.#text.length && this.#isWordPart(end));
    for (; this.#isSuffix(end); end += 1) hash = wordHash(hash, this.#text.charCodeAt(end));
    const isCue =
      cueIndex.alone[hash] === 1 || cueIndex.pairs[pairHash(this.#beforeHash, hash)] === 1;
    if (isCue && end - start <= wordUnitsMax) this.#lookUp(start, end);
    this.#beforeHash = hash;
    this.#beforeStart = start;
    this.#beforeEnd = end;
    return end;
  }

  #lookUp(start: number, end: number): void {
    const cue = cueIndex.words.get(this.#text.slice(start, end));
    if (cue === undefined) return;
    for (const signal of cue.alone) this.#raise(signal, start);
    if (cue.after.size === 0) return;
    const before = this.#text.slice(this.#beforeStart, this.#beforeEnd);
    for (const signal of cue.after.get(before) ?? []) this.#raise(signal, start);
  }

  /** Reads the number that begins here, with its separators. @returns where it ends. */
  number(start: number): number {
    let end = start + 1;
    while (end < this.#text.length && this.#isNumberPart(end)) end += 1;
    this.#tally.numbers += 1;
    return end;
  }

  ideograph(start: number): void {
    this.#tally.ideographs += 1;
    const pair = cueIndex.ideographs.get(this.#text.slice(start, start + 2)) ?? [];
    const one = cueIndex.ideographs.get(this.#text.charAt(start)) ?? [];
    for (const cue of pair) {
      if (this.#text.startsWith(cue.text, start)) this.#raise(cue.signal, start);
    }
    for (const cue of one) this.#raise(cue.signal, start);
  }

  sign(kind: number): void {
    switch (kind) {
      case unitKind.codeSign:
        this.#tally.codeSigns += 1;
        break;
      case unitKind.mathsSign:
        this.#tally.mathsSigns += 1;
        break;
      case unitKind.lineBreak:
        this.#tally.lines += 1;
        break;
      default:
    }
  }

  #raise(signal: number, at: number): void {
    const counts = this.#weight * this.#weightAt(at);
    this.#tally.cues[signal] = (this.#tally.cues[signal] ?? 0) + counts;
  }

  #weightAt(at: number): number {
    if (at < openingUnits) return openingWeight;
    const isNearEnd = this.#text.length - at <= instructionUnits;
    return at < instructionUnits || isNearEnd ? 1 : middleWeight;
  }

  #isWordPart(at: number): boolean {
    const kind = kindAt(this.#text, at);
    return kind === unitKind.letter || kind === unitKind.digit;
  }

  #isNumberPart(at: number): boolean {
    const unit = this.#text.charCodeAt(at);
    return unitKinds[unit] === unitKind.digit || unit === 0x2e || unit === 0x2c;
  }

  /** `c++` and `c#` are words. */
  #isSuffix(at: number): boolean {
    const unit = this.#text.charCodeAt(at);
    return unit === 0x2b || unit === 0x23;
  }
}
