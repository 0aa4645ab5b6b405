/** The cue words as an index: one look-up for each word of a prompt, however many cues. */
import { cueWords } from './cue-words.ts';
import { taskSignals } from './task-signals.ts';
import { isWordUnit } from './text-units.ts';

/** What a word raises: alone, and after certain words. Signals by their place in `taskSignals`. */
export interface WordCue {
  readonly alone: number[];
  readonly after: Map<string, number[]>;
}

export interface CueIndex {
  /** 1 where a word of this {@link wordHash} may be a cue by itself: most need no look-up. */
  readonly alone: Uint8Array;
  /** The same for words after another, by {@link pairHash}. */
  readonly pairs: Uint8Array;
  readonly words: ReadonlyMap<string, WordCue>;
  /** Cues of scripts without blanks by their first two characters, or by their only one. */
  readonly ideographs: ReadonlyMap<string, readonly IdeographCue[]>;
}

interface IdeographCue {
  readonly text: string;
  readonly signal: number;
}

const hashCount = 2 ** 15;

export const cueIndex: CueIndex = indexCues();

function indexCues(): CueIndex {
  const words = new Map<string, WordCue>();
  const ideographs = new Map<string, IdeographCue[]>();
  for (const [place, signal] of taskSignals.entries()) {
    for (const cue of (cueWords[signal] ?? '')
      .split(',')
      .map((text) => text.trim().replaceAll(/\s+/g, ' '))) {
      if (cue === '') continue;
      if (isWordUnit(cue.charCodeAt(0))) addWords(words, cue, place);
      else addIdeographs(ideographs, { text: cue, signal: place });
    }
  }
  const alone = new Uint8Array(hashCount);
  const pairs = new Uint8Array(hashCount);
  for (const [word, cue] of words) {
    if (cue.alone.length > 0) alone[hashOf(word)] = 1;
    for (const before of cue.after.keys()) pairs[pairHash(hashOf(before), hashOf(word))] = 1;
  }
  return { alone, pairs, words, ideographs };
}

/** Goes on with the hash of a word over its next unit; begins with 0. */
export function wordHash(hash: number, unit: number): number {
  return (Math.imul(hash, 33) + unit) & (hashCount - 1);
}

/** The hash of a word after another, by their hashes. */
export function pairHash(before: number, hash: number): number {
  return (Math.imul(before, 31) + hash) & (hashCount - 1);
}

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at += 1) hash = wordHash(hash, word.charCodeAt(at));
  return hash;
}

function addWords(words: Map<string, WordCue>, cue: string, signal: number): void {
  const [before, last] = cue.includes(' ') ? splitAtLast(cue) : [undefined, cue];
  const entry = words.get(last) ?? { alone: [], after: new Map<string, number[]>() };
  words.set(last, entry);
  if (before === undefined) entry.alone.push(signal);
  else entry.after.set(before, [...(entry.after.get(before) ?? []), signal]);
}

/** The word before the last one decides with it; words further ahead are not looked at. */
function splitAtLast(cue: string): [string, string] {
  const parts = cue.split(' ');
  return [parts.at(-2) ?? '', parts.at(-1) ?? ''];
}

function addIdeographs(index: Map<string, IdeographCue[]>, cue: IdeographCue): void {
  const key = cue.text.slice(0, 2);
  index.set(key, [...(index.get(key) ?? []), cue]);
}
