/**
 * The lines of segments, chained by hashes: a line that is edited, removed, added or moved no
 * longer fits its neighbours, and the newest one must be the one that the store remembers.
 *
 *  C1 A line's hash covers the hash before it and all that the line says but its tags.
 *  C2 Tags are covered by a hash of their own, which stands on the segment's first line, under C1.
 *     Segments of earlier versions have none, and those versions find ours intact.
 *  C3 Hashes cover what a line says. So its text must be the one that JSON is printed as: with
 *     members given twice, other readers would see another line than the one that was hashed.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';

export interface ChainedLines {
  readonly lines: readonly LedgerLine[];
  /** Of the last line. */
  readonly hash: string;
}

/** @param before hash of the line before these. */
export function chainLedger(before: string, lines: readonly LedgerLine[]): ChainedLines {
  let hash = before;
  const chained = lines.map((line, index) => {
    const own = index === 0 ? { ...line, tags_hash: hashOfTags(lines) } : line;
    // What JSON does not print must not be hashed either.
    hash = hashOf(hash, JSON.parse(JSON.stringify(own)));
    return { ...own, ...(index === 0 ? { previous: before } : {}), hash };
  });
  return { lines: chained, hash };
}

/** As it stands in the object store. */
export function segmentText({ lines }: ChainedLines): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

export type SegmentVerdict =
  | {
      readonly kind: 'intact';
      readonly lines: number;
      /** What its first line says that it comes after. */
      readonly previous: string;
      readonly hash: string;
      /** `false` for a segment of an earlier version, whose tags nothing vouches for. */
      readonly coversTags: boolean;
    }
  | {
      readonly kind: 'broken';
      /** Counted from 1; 0 when it is the segment as a whole. */
      readonly line: number;
      readonly reason: string;
    };

/**
 * Checks a segment.
 *
 * @param before hash of the line before; `undefined` where nobody knows it: then the segment is
 *   taken at its word.
 */
export function checkSegment(bytes: Uint8Array, before: string | undefined): SegmentVerdict {
  const broken = (line: number, reason: string): SegmentVerdict => {
    return { kind: 'broken', line, reason };
  };
  if (bytes.length === 0) return broken(0, 'it is missing or empty');
  // Bytes that are none are read as a sign which may stand in a text as well.
  if (!isUtf8(bytes)) return broken(0, 'it is not UTF-8');
  const texts = Buffer.from(bytes).toString('utf8').split('\n');
  if (texts.pop() !== '') return broken(texts.length + 1, 'its end is missing');
  const lines: JsonObject[] = [];
  let hash = before;
  for (const text of texts) {
    const line = readObject(text);
    const place = lines.length + 1;
    if (line === undefined) return broken(place, 'it is not a JSON object');
    const checked = checkLine({ text, line, isFirst: place === 1 }, hash);
    if ('reason' in checked) return broken(place, checked.reason);
    hash = checked.hash;
    lines.push(line);
  }
  const { previous, tags_hash: tagsHash } = lines[0] ?? {};
  if (tagsHash !== undefined && tagsHash !== hashOfTags(lines)) {
    return broken(0, 'its tags were edited, or its last lines are missing');
  }
  const coversTags = tagsHash !== undefined;
  const chain = { previous: textOf(previous), hash: textOf(hash) };
  return { kind: 'intact', lines: lines.length, ...chain, coversTags };
}

/** What a segment says itself of its place in the chain, taken at its word. */
export function endsOfSegment(bytes: Uint8Array): {
  /** What its first line comes after; `undefined` where that cannot be read. */
  readonly previous: string | undefined;
  /** Of its last line. */
  readonly hash: string | undefined;
} {
  const texts = Buffer.from(bytes).toString('utf8').trimEnd().split('\n');
  const previous = readObject(texts[0] ?? '')?.['previous'];
  const hash = readObject(texts.at(-1) ?? '')?.['hash'];
  return {
    previous: typeof previous === 'string' ? previous : undefined,
    hash: typeof hash === 'string' ? hash : undefined,
  };
}

interface ReadLine {
  readonly text: string;
  readonly line: JsonObject;
  readonly isFirst: boolean;
}

/** @returns the line's hash, or what is wrong with it. */
function checkLine(
  { text, line, isFirst }: ReadLine,
  before: string | undefined,
): { readonly hash: string } | { readonly reason: string } {
  const { hash, previous } = line;
  // C3.
  if (JSON.stringify(line) !== text) return { reason: 'its text is not what was written' };
  if (isFirst && textOf(previous) === '') return { reason: 'it does not say what it follows' };
  if (!isFirst && previous !== undefined) {
    return { reason: 'it says what it follows, which only a first line does' };
  }
  const comesAfter = isFirst ? textOf(previous) : textOf(before);
  if (before !== undefined && comesAfter !== before) {
    return { reason: 'it does not follow the one before' };
  }
  const real = hashOf(comesAfter, line);
  if (hash === real) return { hash: real };
  return { reason: 'its hash is not that of its content: it, or the one before, was edited' };
}

/** C1. */
function hashOf(before: string, line: JsonObject): string {
  const { tags: _tags, previous: _previous, hash: _hash, ...rest } = line;
  return sha256(`${before}\n${canonicalJson(rest)}`);
}

/** C2. */
function hashOfTags(lines: readonly { readonly tags?: Json }[]): string {
  // A list for each, so that none at all differs from whatever could stand there.
  return sha256(canonicalJson(lines.map(({ tags }) => (tags === undefined ? [] : [tags]))));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** '' for what is no text. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Reported by the caller as a line that is no JSON.
    return undefined;
  }
}
