/**
 * Checks the segments of a shard against their chain, and against what the store remembers: of the
 * newest line, and of the newest one that retention has taken. Between the two no line may be
 * missing.
 */
import { ledgerStart } from '../domain/ledger-line.ts';
import type { LedgerHead, LedgerStore, SweptLedger } from '../ports/ledger-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { checkSegment } from './chain-ledger.ts';
import { compareIds, lastIdOf, segmentFolder } from './rollup-names.ts';

export interface VerifyLedgerDeps {
  readonly ledger: Pick<LedgerStore, 'head' | 'swept'>;
  readonly objects: Pick<ObjectStore, 'get' | 'listKeys'>;
}

export type LedgerVerdict =
  | {
      readonly kind: 'intact';
      readonly segments: number;
      readonly lines: number;
      /** Segments of earlier versions, in which an edited tag is not found. */
      readonly withoutTags: number;
      /** Whether nothing is missing before the oldest segment but what retention has taken. */
      readonly knowsBeginning: boolean;
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
  for (;;) {
    // Before the segments are listed: what is committed meanwhile comes after it.
    const head = await deps.ledger.head(shard);
    const swept = await deps.ledger.swept(shard);
    const verdict = await verifyOnce(deps, { shard, head, swept });
    if (verdict.kind === 'intact') return verdict;
    // Retention says what it takes before it takes it.
    if ((await deps.ledger.swept(shard))?.id === swept?.id) return verdict;
  }
}

interface ShardMarks {
  readonly shard: number;
  readonly head: LedgerHead;
  readonly swept: SweptLedger | undefined;
}

async function verifyOnce(
  deps: VerifyLedgerDeps,
  { shard, head, swept }: ShardMarks,
): Promise<LedgerVerdict> {
  const sweptId = swept?.id ?? '';
  const found = { segments: 0, lines: 0, withoutTags: 0 };
  let beginning = swept?.hash;
  let hash = beginning;
  for (const segment of await listSegments(deps, shard)) {
    // Retention is at it, or has died before it was through.
    if (compareIds(lastIdOf(segment), sweptId) <= 0) continue;
    if (compareIds(lastIdOf(segment), head.id) > 0) break;
    const bytes = await deps.objects.get(segment);
    const verdict = checkSegment(bytes ?? new Uint8Array(), hash);
    if (verdict.kind === 'broken') return { ...verdict, segment };
    beginning ??= verdict.previous;
    hash = verdict.hash;
    found.segments += 1;
    found.lines += verdict.lines;
    if (!verdict.coversTags) found.withoutTags += 1;
  }
  const isSwept = swept !== undefined && compareIds(head.id, sweptId) <= 0;
  if (!isSwept && head.id !== '' && hash !== head.hash) {
    const reason = 'the newest line is not the one that the store remembers';
    return { kind: 'broken', segment: '', line: 0, reason };
  }
  const isKnown = swept?.hash !== undefined || (beginning ?? ledgerStart) === ledgerStart;
  return { kind: 'intact', ...found, knowsBeginning: isKnown };
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
