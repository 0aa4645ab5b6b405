/**
 * What the predictor sees of a prompt: hashed words, pairs of words and beginnings of words with
 * their counts, and a row of dense figures (length, numbers, signs, cue words). Both sides,
 * training and routing, come through here, so that they see the same. The text is not kept.
 */
import type { PromptTexts } from '../tasks/read-prompt.ts';
import { scanText, TextTally } from '../tasks/scan-text.ts';
import { unitKind, unitKinds } from '../tasks/text-units.ts';
import { extendHash, extendWithNumber, hashSeed, mixHash } from './hash-text.ts';

/** Raise this when features change in any way: artefacts of another number are refused. */
export const featuresVersion = 1;

/** Hashed features fall into this many places. */
export const hashSpace = 2 ** 18;

/** UTF-16 units that are read of a prompt, half from its beginning, half from its end. */
const promptUnitsMax = 6_000;
const systemUnitsMax = 1_000;
/** Words that begin with the same letters, this many, share a feature: forms of one word do. */
const stemUnits = 5;
/** Longer runs of letters are cut here. */
const wordUnitsMax = 32;

export interface PromptFeatures {
  /** Places below {@link hashSpace}, each once, in no order. */
  readonly places: Int32Array;
  /** How often each occurs. */
  readonly counts: Float32Array;
  readonly dense: Float32Array;
}

const kinds = {
  word: hashSeed('word'),
  pair: hashSeed('pair'),
  stem: hashSeed('stem'),
  opening: hashSeed('opening'),
  ending: hashSeed('ending'),
  system: hashSeed('system'),
} as const;

/** Reads the features of a prompt; linear in what is read of it, which is bounded. */
export function readFeatures(texts: PromptTexts): PromptFeatures {
  const text = headAndTail(texts.turns.toReversed().join('\n'), promptUnitsMax);
  const collector = new Collector();
  collector.addText(text);
  if (texts.system !== '') collector.addSystem(texts.system.slice(0, systemUnitsMax));
  const { places, counts } = collector.take();
  return { places, counts, dense: denseFeatures(text, texts, collector) };
}

/** Counts by place; reused, because clearing 2^18 places for each prompt would cost more. */
const countByPlace = new Float32Array(hashSpace);

class Collector {
  readonly #touched: number[] = [];
  words = 0;
  wordUnits = 0;
  longWords = 0;

  addText(text: string): void {
    const lower = text.toLowerCase();
    const words = wordsOf(lower);
    let before = kinds.pair;
    for (const word of words) {
      const hash = extendHash(kinds.word, lower, word);
      this.#count(hash);
      this.#count(extendWithNumber(before, hash));
      before = extendWithNumber(kinds.pair, hash);
      const stem = { start: word.start, end: word.start + stemUnits };
      if (stem.end < word.end) this.#count(extendHash(kinds.stem, lower, stem));
      this.words += 1;
      this.wordUnits += word.end - word.start;
      if (word.end - word.start > 8) this.longWords += 1;
    }
    this.#addSequence(lower, words.slice(0, 4), kinds.opening);
    this.#addSequence(lower, words.slice(-4).toReversed(), kinds.ending);
  }

  addSystem(text: string): void {
    const lower = text.toLowerCase();
    for (const word of wordsOf(lower)) this.#count(extendHash(kinds.system, lower, word));
  }

  take(): { places: Int32Array; counts: Float32Array } {
    const places = Int32Array.from(this.#touched);
    const counts = Float32Array.from(places, (place) => countByPlace[place] ?? 0);
    for (const place of places) countByPlace[place] = 0;
    return { places, counts };
  }

  /** The first one, two, three and four words are features of their own: they name a template. */
  #addSequence(text: string, words: readonly Word[], seed: number): void {
    let hash = seed;
    for (const word of words) {
      hash = extendWithNumber(hash, extendHash(kinds.word, text, word));
      this.#count(hash);
    }
  }

  #count(hash: number): void {
    const place = mixHash(hash) & (hashSpace - 1);
    const count = countByPlace[place] ?? 0;
    if (count === 0) this.#touched.push(place);
    countByPlace[place] = count + 1;
  }
}

interface Word {
  readonly start: number;
  readonly end: number;
}

/** Words, numbers, single ideographs and single signs, in order. */
function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let start = 0;
  while (start < text.length) {
    const kind = unitKinds[text.charCodeAt(start)];
    let end = start + 1;
    if (kind === unitKind.letter || kind === unitKind.digit) {
      while (end < text.length && end - start < wordUnitsMax && isSame(text, end, kind)) end += 1;
    }
    if (text.charCodeAt(start) > 0x20) words.push({ start, end });
    start = end;
  }
  return words;
}

function isSame(text: string, at: number, kind: number): boolean {
  return unitKinds[text.charCodeAt(at)] === kind;
}

function headAndTail(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  return `${text.slice(0, unitsMax / 2)}\n${text.slice(-unitsMax / 2)}`;
}

/** Figures of the whole; most as logarithms, so that trees and lines read them alike. */
function denseFeatures(text: string, texts: PromptTexts, words: Collector): Float32Array {
  const tally = new TextTally();
  scanText(tally, text, 1);
  const units = Math.max(1, tally.units);
  const count = (sign: string): number => Math.log1p(text.split(sign).length - 1);
  const distinct = new Set(text.toLowerCase().split(/\s+/)).size;
  return Float32Array.from([
    Math.log1p(units),
    Math.log1p(words.words),
    words.wordUnits / Math.max(1, words.words),
    words.longWords / Math.max(1, words.words),
    distinct / Math.max(1, words.words),
    Math.log1p(tally.lines),
    Math.log1p(tally.numbers),
    tally.numbers / Math.max(1, words.words),
    Math.log1p(tally.codeSigns),
    tally.codeSigns / units,
    Math.log1p(tally.mathsSigns),
    tally.mathsSigns / units,
    tally.ideographs / units,
    text.length / Math.max(1, Buffer.byteLength(text)),
    upperCaseShare(text),
    count('?'),
    count('!'),
    count(','),
    count('. '),
    count('"'),
    count(':'),
    count('\n\n'),
    /[?\uff1f]\s*$/.test(text.slice(-8)) ? 1 : 0,
    text.match(/^[ \t]{0,8}\(?[A-Ea-e][).:][ \t]/gm)?.length ?? 0,
    texts.turns.length,
    texts.system === '' ? 0 : 1,
    ...tally.cues.map((cues) => Math.log1p(cues)),
  ]);
}

function upperCaseShare(text: string): number {
  let upper = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x41 && unit <= 0x5a) upper += 1;
  }
  return upper / Math.max(1, text.length);
}
