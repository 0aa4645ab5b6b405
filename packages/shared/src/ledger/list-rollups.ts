/** Lists a tenant's rollups of a span of days, by their names. */
import type { ObjectStore } from '../ports/object-store.ts';
import { dayOf, parseRollup, type RollupName, rollupFolder } from './rollup-names.ts';

const pageObjects = 1_000;

export interface ListedSpan {
  readonly tenant: string;
  readonly fromMs: number;
  readonly beforeMs: number;
}

export async function listRollups(
  objects: Pick<ObjectStore, 'listKeys'>,
  { tenant, fromMs, beforeMs }: ListedSpan,
): Promise<readonly RollupName[]> {
  const folder = `${rollupFolder}/${tenant}`;
  const lastDay = dayOf(beforeMs - 1);
  const found: RollupName[] = [];
  for (let after = `${folder}/${dayOf(fromMs)}`; ; ) {
    const page = await objects.listKeys({ folder, after, limit: pageObjects });
    const names = page.flatMap((key) => parseRollup(key) ?? []);
    found.push(...names.filter((name) => name.tenant === tenant && name.day <= lastDay));
    const last = page.at(-1);
    const isPast = names.some(({ day }) => day > lastDay);
    if (last === undefined || page.length < pageObjects || isPast) return found;
    after = last;
  }
}
