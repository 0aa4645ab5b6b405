/**
 * The lines of segments, chained by hashes: a line that is edited, removed, added or moved no
 * longer fits its neighbours, and the newest one must be the one that the store remembers.
 *
 * Tags are left out: two keepers may write the same segment while the configuration changes.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
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
    // What JSON does not print must not be hashed either.
    hash = hashOf(hash, JSON.parse(JSON.stringify(line)));
    return { ...line, ...(index === 0 ? { previous: before } : {}), hash };
  });
  return { lines: chained, hash };
}

export type SegmentVerdict =
  | { readonly kind: 'intact'; readonly lines: number; readonly hash: string }
  | {
      readonly kind: 'broken';
      /** Counted from 1. */
      readonly line: number;
      readonly reason: string;
    };

/**
 * Checks the text of a segment.
 *
 * @param before hash of the line before; `undefined` for the oldest segment that is still kept,
 *   which is taken at its word.
 */
export function checkSegment(text: string, before: string | undefined): SegmentVerdict {
  let hash = before;
  const texts = text.split('\n').filter((line) => line !== '');
  for (const [index, one] of texts.entries()) {
    const line = readObject(one);
    const broken = (reason: string): SegmentVerdict => ({
      kind: 'broken',
      line: index + 1,
      reason,
    });
    if (line === undefined) return broken('it is not a JSON object');
    const { hash: stated, previous } = line;
    if (index === 0) {
      if (typeof previous !== 'string') return broken('it does not say what it comes after');
      if (hash !== undefined && previous !== hash)
        return broken('it does not follow the one before');
      hash = previous;
    }
    if (hash === undefined || stated !== hashOf(hash, line)) {
      return broken('its hash is not that of its content: it, or the one before, was edited');
    }
    hash = stated;
  }
  if (hash === undefined) return { kind: 'broken', line: 1, reason: 'the segment is empty' };
  return { kind: 'intact', lines: texts.length, hash };
}

function hashOf(before: string, line: JsonObject): string {
  const { tags: _tags, previous: _previous, hash: _hash, ...rest } = line;
  return createHash('sha256')
    .update(`${before}\n${canonicalJson(rest)}`, 'utf8')
    .digest('hex');
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
