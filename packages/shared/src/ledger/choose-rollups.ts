/** Which rollups of a tenant to read, so that each line counts once (U1, U2 of `read-rollups`). */
import { groupBy } from './group-by.ts';
import { compareIds, dayStartMs, hourMs, type RollupName } from './rollup-names.ts';

export interface WantedSpan {
  readonly fromMs: number;
  readonly beforeMs: number;
  /** Whether rows must keep their hours. */
  readonly needsHours: boolean;
}

const dayMs = 24 * hourMs;

/**
 * @param mark lines up to this id are to be read from rollups, those after it are not.
 * @returns `undefined` when a rollup holds lines of both sides: the mark is an old one by now.
 */
export function chooseRollups(
  names: readonly RollupName[],
  mark: string,
  span: WantedSpan,
): readonly RollupName[] | undefined {
  const before = names.filter(({ last }) => compareIds(last, mark) <= 0);
  const straddles = names.some(
    ({ first, last }) => compareIds(first, mark) <= 0 && compareIds(last, mark) > 0,
  );
  if (straddles) return undefined;
  const days = groupBy(before, ({ day }) => day);
  return [...days].flatMap(([day, ofDay]) => {
    const startMs = dayStartMs(day);
    const hours = chooseHours(ofDay);
    const isCovered = span.fromMs <= startMs && startMs + dayMs <= span.beforeMs;
    const whole = latest(ofDay.filter(({ kind }) => kind === 'day'));
    const isNewest =
      whole !== undefined && hours.every(({ last }) => compareIds(last, whole.last) <= 0);
    if (isNewest && isCovered && !span.needsHours) return [whole];
    return hours.filter(({ hour }) => {
      const fromMs = startMs + hour * hourMs;
      return fromMs < span.beforeMs && fromMs + hourMs > span.fromMs;
    });
  });
}

/** Of each hour the rollup that holds most, and what has come since. */
export function chooseHours(ofDay: readonly RollupName[]): readonly RollupName[] {
  const hours = groupBy(ofDay, ({ hour }) => hour);
  return [...hours.values()].flatMap((ofHour) => {
    const whole = latest(ofHour.filter(({ kind }) => kind === 'hour'));
    const since = ofHour.filter(
      ({ kind, first }) => kind === 'batch' && compareIds(first, whole?.last ?? '') > 0,
    );
    return [...(whole === undefined ? [] : [whole]), ...since];
  });
}

/** The one with the newest lines. */
export function latest(names: readonly RollupName[]): RollupName | undefined {
  return names.toSorted((left, right) => compareIds(left.last, right.last)).at(-1);
}
