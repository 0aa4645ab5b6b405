/**
 * The lines of one file by their `custom_id`, as a bulk call would know them: a line that says the
 * same as an earlier one makes no second job, and one that says something else is refused.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@forebay/shared/domain/canonical-json';
import type { Json } from '@forebay/shared/domain/json';

export interface SeenLines {
  /** Looks for an earlier line that would have been taken under this name. */
  find(customId: string, envelope: Json): Sighting;
}

export type Sighting =
  /** `keep` remembers the line, because it would be taken. */
  { readonly kind: 'new'; keep(): void } | { readonly kind: 'same' } | { readonly kind: 'other' };

/** Bounds the memory of one call to about 10 MB. */
const seenMax = 100_000;

/** @param max names that are remembered; those that come later are new each time. */
export function createSeenLines(max: number = seenMax): SeenLines {
  const seen = new Map<string, string>();
  return {
    find(customId, envelope) {
      const name = hash(customId);
      const content = hash(canonicalJson(envelope));
      const earlier = seen.get(name);
      if (earlier !== undefined) return { kind: earlier === content ? 'same' : 'other' };
      return {
        kind: 'new',
        keep() {
          if (seen.size < max) seen.set(name, content);
        },
      };
    },
  };
}

/** 16 bytes, a character each. */
function hash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest().toString('latin1', 0, 16);
}
