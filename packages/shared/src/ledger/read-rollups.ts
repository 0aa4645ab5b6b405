/**
 * Everything that is known of a tenant's usage in a span of time: rollups of what stands in
 * segments, and the lines that still stand in the store.
 *
 * U1. Each line counts once. The store says up to which id its lines stand in segments; what a
 *     rollup's name places behind that is among the lines as well, and is passed over.
 * U2. Larger rollups stand for the smaller ones inside them, found by the names alone. One that
 *     vanishes, or grows past the mark, while it is read has been replaced: all is read again.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { LedgerLine } from '../domain/ledger-line.ts';
import type { LedgerStore, LedgerTail } from '../ports/ledger-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { decodeRollup, type Rollup } from './block-codec.ts';
import { chooseRollups, type WantedSpan } from './choose-rollups.ts';
import { listRollups } from './list-rollups.ts';
import { rollUpLines } from './roll-up-lines.ts';
import { formatRollup, type RollupName } from './rollup-names.ts';

export interface RollupReaderDeps {
  readonly ledger: Pick<LedgerStore, 'tail' | 'shardOf'>;
  readonly objects: Pick<ObjectStore, 'get' | 'listKeys'>;
  /** Declared metadata keys. */
  readonly metadataKeys: () => readonly string[];
  /** Tags of a model, for lines that no segment holds yet. */
  readonly tagsOf: (model: string) => readonly string[];
}

/** What sums rollups up; opened anew when all is read again. */
export interface RollupSink {
  add(rollup: Rollup): void;
}

export interface ReadRollups<Sink> {
  readonly sink: Sink;
  /** Whether all lines up to now are in there; else the newest ones are missing. */
  readonly isWhole: boolean;
}

/** Lines of the store that one answer looks at. */
const tailLinesMax = 20_000;
const triesMax = 5;
const readAtOnce = 8;

/** @throws ForebayError `store_unavailable` when rollups were replaced while they were read. */
export async function readRollups<Sink extends RollupSink>(
  deps: RollupReaderDeps,
  span: WantedSpan & { readonly tenant: string },
  open: () => Sink,
): Promise<ReadRollups<Sink>> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const tail = await deps.ledger.tail(deps.ledger.shardOf(span.tenant), tailLinesMax);
    const names = chooseRollups(await listRollups(deps.objects, span), markOf(tail), span);
    const sink = open();
    if (names === undefined || !(await addAll(deps, names, sink))) continue;
    const own = tail.lines.filter(({ tenant }) => tenant === span.tenant);
    sink.add(
      rollUpLines(
        own.map((line) => withTags(deps, line)),
        deps.metadataKeys(),
      ),
    );
    return { sink, isWhole: tail.isWhole };
  }
  const text = 'Rollups were replaced while they were read. Try again.';
  throw new ForebayError('store_unavailable', text, { retryAfterSeconds: 1 });
}

/** A few at a time, so that few are in memory. @returns false when one is gone (U2). */
async function addAll(
  { objects }: RollupReaderDeps,
  names: readonly RollupName[],
  sink: RollupSink,
): Promise<boolean> {
  for (let start = 0; start < names.length; start += readAtOnce) {
    const keys = names.slice(start, start + readAtOnce).map(formatRollup);
    const found = await Promise.all(keys.map((key) => objects.get(key)));
    for (const [index, key] of keys.entries()) {
      const bytes = found[index];
      if (bytes === undefined) return false;
      sink.add(decodeRollup(key, bytes));
    }
  }
  return true;
}

/** A store that was lost has no mark: what rollups hold from before is older than all it has. */
function markOf({ segmented, lines }: LedgerTail): string {
  if (segmented !== '') return segmented;
  const [first] = lines;
  return first === undefined ? 'Infinity-0' : `${Number(first.id.split('-')[0]) - 1}-Infinity`;
}

function withTags({ tagsOf }: RollupReaderDeps, line: LedgerLine): LedgerLine {
  const tags = tagsOf(line.model);
  return tags.length === 0 ? line : { ...line, tags };
}
