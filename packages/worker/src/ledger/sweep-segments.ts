/**
 * Says in the store what retention takes of a shard's segments, before it takes it: who checks the
 * ledger then knows which line must be the oldest (decision 0032).
 */
import { endsOfSegment } from '@forebay/shared/ledger/chain-ledger';
import { compareIds, dayOf, lastIdOf, segmentFolder } from '@forebay/shared/ledger/rollup-names';
import type { LedgerStore } from '@forebay/shared/ports/ledger-store';
import type { ObjectStore } from '@forebay/shared/ports/object-store';

export interface SweepDeps {
  readonly ledger: Pick<LedgerStore, 'head' | 'swept' | 'sweep'>;
  readonly objects: Pick<ObjectStore, 'get' | 'listKeys'>;
}

/**
 * Where a store of an earlier version does not know its beginning: from now on it is what stands
 * there now. Retention of that version may have taken all of a shard that was silent since.
 *
 * @param firstKept day of the oldest segments that stay.
 */
export async function noteBeginning(
  { ledger, objects }: SweepDeps,
  shard: number,
  firstKept: string,
): Promise<void> {
  if ((await ledger.swept(shard)) !== undefined) return;
  const folder = `${segmentFolder}/${shard}`;
  const head = await ledger.head(shard);
  const [oldest] = await objects.listKeys({ folder, after: undefined, limit: 1 });
  if (oldest === undefined) {
    const isOld = head.id !== '' && dayOf(Number(head.id.split('-')[0])) < firstKept;
    if (isOld) await ledger.sweep(shard, head);
    return;
  }
  const { previous } = endsOfSegment((await objects.get(oldest)) ?? new Uint8Array());
  if (previous !== undefined) await ledger.sweep(shard, { id: '', hash: previous });
}

/** @param segments names of those that go next. */
export async function noteSweep(
  { ledger, objects }: SweepDeps,
  shard: number,
  segments: readonly string[],
): Promise<void> {
  const newest = segments.toSorted((left, right) => compareIds(lastIdOf(left), lastIdOf(right)));
  const last = newest.at(-1);
  if (last === undefined) return;
  const { hash } = endsOfSegment((await objects.get(last)) ?? new Uint8Array());
  await ledger.sweep(shard, { id: lastIdOf(last), hash });
}
