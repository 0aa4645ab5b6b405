/**
 * Checks the segments of a shard against their chain, and against what the store remembers of the
 * newest one. The oldest segment may have lost what came before it to its retention.
 */
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { checkSegment } from './chain-ledger.ts';
import { compareIds, segmentFolder } from './rollup-names.ts';

export interface VerifyLedgerDeps {
  readonly ledger: Pick<LedgerStore, 'head'>;
  readonly objects: Pick<ObjectStore, 'get' | 'listKeys'>;
}

export type LedgerVerdict =
  | {
      readonly kind: 'intact';
      readonly segments: number;
      readonly lines: number;
      /** Segments of earlier versions, in which an edited tag is not found. */
      readonly withoutTags: number;
    }
  | {
      readonly kind: 'broken';
      /** Its key in the object store; '' when one is missing at the end. */
      readonly segment: string;
      /** Counted from 1; 0 when it is the segment as a whole. */
      readonly line: number;
      readonly reason: string;
    };

const pageKeys = 1_000;

export async function verifyLedger(deps: VerifyLedgerDeps, shard: number): Promise<LedgerVerdict> {
  // Before the segments are listed: what is committed meanwhile comes after it.
  const head = await deps.ledger.head(shard);
  let hash: string | undefined;
  const found = { segments: 0, lines: 0, withoutTags: 0 };
  for (const segment of await listSegments(deps, shard)) {
    if (compareIds(lastIdOf(segment), head.id) > 0) break;
    const bytes = await deps.objects.get(segment);
    // Retention took the oldest ones while they were being listed.
    if (bytes === undefined && hash === undefined) continue;
    const verdict = checkSegment(bytes ?? new Uint8Array(), hash);
    if (verdict.kind === 'broken') return { ...verdict, segment };
    hash = verdict.hash;
    found.segments += 1;
    found.lines += verdict.lines;
    if (!verdict.coversTags) found.withoutTags += 1;
  }
  if (head.id === '' || hash === head.hash) return { kind: 'intact', ...found };
  const reason = 'the newest line is not the one that the store remembers';
  return { kind: 'broken', segment: '', line: 0, reason };
}

/** In the order in which they were written. */
async function listSegments(deps: VerifyLedgerDeps, shard: number): Promise<readonly string[]> {
  const folder = `${segmentFolder}/${shard}`;
  const keys: string[] = [];
  for (;;) {
    const page = await deps.objects.listKeys({ folder, after: keys.at(-1), limit: pageKeys });
    keys.push(...page);
    if (page.length < pageKeys) break;
  }
  return keys.toSorted((left, right) => compareIds(lastIdOf(left), lastIdOf(right)));
}

/** A segment is named by the ids of its first and last entry. */
function lastIdOf(segment: string): string {
  return segment.split('_').at(-1) ?? '';
}
