/** The cue words as an index: one look-up for each word of a prompt, however many cues. */
import { cueWords } from './cue-words.ts';
import { taskSignals } from './task-signals.ts';
import { isWordUnit } from './text-units.ts';

/** A word that raises a signal, alone or after a certain word. */
export interface WordCue {
  readonly word: string;
  /** Empty where the word stands alone. */
  readonly before: string;
  /** Its place in `taskSignals`. */
  readonly signal: number;
}

type CuesByHash = ReadonlyMap<number, readonly WordCue[]>;

interface CueIndex {
  /** By {@link wordHash}; the word itself is still to be compared. */
  readonly alone: CuesByHash;
  /** By {@link pairHash}. */
  readonly pairs: CuesByHash;
  /** Cues of scripts without blanks by their first two characters, or by their only one. */
  readonly ideographs: ReadonlyMap<string, readonly IdeographCue[]>;
}

interface IdeographCue {
  readonly text: string;
  readonly signal: number;
}

const hashCount = 2 ** 15;

export const cueIndex: CueIndex = indexCues();

/** 1 where a hash has cues: one look in a small table settles it for most words. */
const aloneHashes = hashesOf(cueIndex.alone);
const pairHashes = hashesOf(cueIndex.pairs);

function indexCues(): CueIndex {
  const words: WordCue[] = [];
  const ideographs = new Map<string, IdeographCue[]>();
  for (const [signal, name] of taskSignals.entries()) {
    for (const text of (cueWords[name] ?? '').split(',').map(withSingleBlanks)) {
      if (text === '') continue;
      if (isWordUnit(text.charCodeAt(0))) words.push(wordCue(text, signal));
      else addIdeographs(ideographs, { text, signal });
    }
  }
  return {
    alone: byHash(words.filter(({ before }) => before === '')),
    pairs: byHash(words.filter(({ before }) => before !== '')),
    ideographs,
  };
}

function withSingleBlanks(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}

/** Of several words the last one and the one before it decide; the others are not looked at. */
function wordCue(text: string, signal: number): WordCue {
  const parts = text.split(' ');
  return { word: parts.at(-1) ?? '', before: parts.at(-2) ?? '', signal };
}

function byHash(words: readonly WordCue[]): CuesByHash {
  const cues = new Map<number, WordCue[]>();
  for (const cue of words) {
    const { word, before } = cue;
    const hash = before === '' ? hashOf(word) : pairHash(hashOf(before), hashOf(word));
    cues.set(hash, [...(cues.get(hash) ?? []), cue]);
  }
  return cues;
}

function hashesOf(cues: CuesByHash): Uint8Array {
  const table = new Uint8Array(hashCount);
  for (const hash of cues.keys()) table[hash] = 1;
  return table;
}

/** Whether a word may be a cue, alone or after the one before it, by their hashes. */
export function mayBeCue(before: number, hash: number): boolean {
  return aloneHashes[hash] === 1 || pairHashes[pairHash(before, hash)] === 1;
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

function addIdeographs(index: Map<string, IdeographCue[]>, cue: IdeographCue): void {
  const key = cue.text.slice(0, 2);
  index.set(key, [...(index.get(key) ?? []), cue]);
}
