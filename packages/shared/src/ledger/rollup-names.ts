/**
 * Names of the objects that the ledger leaves: segments by shard, rollups by tenant. A name says
 * which entries are inside, from the first to the last, so that one written twice is the same
 * object, and two that overlap are told apart without opening them.
 */

/** `batch`: of one segment; `hour` and `day`: all that was known when it was made. */
export type RollupKind = 'batch' | 'hour' | 'day';

export interface RollupName {
  readonly kind: RollupKind;
  readonly tenant: string;
  /** `20300131`, in UTC. */
  readonly day: string;
  /** 0 to 23; 0 for a day. */
  readonly hour: number;
  /** Ids of the first and the last entry inside. */
  readonly first: string;
  readonly last: string;
}

export const hourMs = 3_600_000;
export const segmentFolder = 'ledger';
export const rollupFolder = 'rollups';

/** `20300131` for any time of that day. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');
}

/** When the day of such a text begins. */
export function dayStartMs(day: string): number {
  return Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)));
}

export function formatRollup({ kind, tenant, day, hour, first, last }: RollupName): string {
  const place = `${rollupFolder}/${tenant}/${day}`;
  return `${place}/${kind}_${String(hour).padStart(2, '0')}_${first}_${last}`;
}

const rollupPattern =
  /^rollups\/([a-z0-9-]+)\/(\d{8})\/(batch|hour|day)_(\d\d)_(\d+-\d+)_(\d+-\d+)$/;

/** `undefined` for a name of another form. */
export function parseRollup(key: string): RollupName | undefined {
  const [, tenant, day, kind, hour, first, last] = rollupPattern.exec(key) ?? [];
  if (tenant === undefined || day === undefined) return undefined;
  if (first === undefined || last === undefined) return undefined;
  if (kind !== 'batch' && kind !== 'hour' && kind !== 'day') return undefined;
  return { kind, tenant, day, hour: Number(hour), first, last };
}

/** The segment of a shard with these entries; `day` is that of the first one. */
export function segmentName(shard: number, first: string, last: string): string {
  return `${segmentFolder}/${shard}/${dayOf(Number(first.split('-')[0]))}/${first}_${last}`;
}

/** Id of the last entry in a segment of that name. */
export function lastIdOf(segment: string): string {
  return segment.split('_').at(-1) ?? '';
}

/** Orders ids of entries; '' comes before all. */
export function compareIds(left: string, right: string): number {
  const [leftMs = 0, leftSequence = 0] = left.split('-').map(Number);
  const [rightMs = 0, rightSequence = 0] = right.split('-').map(Number);
  if (leftMs !== rightMs) return leftMs < rightMs ? -1 : 1;
  return Math.sign(leftSequence - rightSequence);
}
