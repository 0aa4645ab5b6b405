/**
 * Merges rollups: those of a segment into one of their hour once that is over, those of a day's
 * hours into one of the day; and deletes what has been kept for long enough.
 *
 *  M1 A rollup is deleted only after a larger one is durable that holds all of it. Readers and
 *     mergers choose by names, so both may be there for a while.
 *  M2 Several mergers at once: one that reads a listing while another deletes could see a part
 *     only. It looks once more after it has read, and gives up if a larger one has come.
 *  M3 The hours of a day stay beside it: whoever asks for hours reads them.
 */

import { mergeAnalytics } from '@forebay/shared/ledger/analytics-rows';
import { mergeAnswers } from '@forebay/shared/ledger/answer-rows';
import { decodeRollup, encodeRollup } from '@forebay/shared/ledger/block-codec';
import { chooseHours, latest } from '@forebay/shared/ledger/choose-rollups';
import { groupBy } from '@forebay/shared/ledger/group-by';
import { listRollups } from '@forebay/shared/ledger/list-rollups';
import { mergeBlocks } from '@forebay/shared/ledger/merge-blocks';
import {
  compareIds,
  dayStartMs,
  formatRollup,
  hourMs,
  type RollupKind,
  type RollupName,
} from '@forebay/shared/ledger/rollup-names';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';

export interface MergeDeps {
  readonly objects: Pick<ObjectStore, 'get' | 'put' | 'listKeys' | 'delete'>;
}

export interface MergedSpan {
  readonly tenant: string;
  readonly fromMs: number;
  /** No line of an earlier time is still to come. */
  readonly overMs: number;
}

const dayMs = 24 * hourMs;

/** Merges what is over. @returns how many rollups were made. */
export async function mergeTenant(deps: MergeDeps, span: MergedSpan): Promise<number> {
  const { tenant, fromMs, overMs } = span;
  const listed = await listRollups(deps.objects, { tenant, fromMs, beforeMs: overMs });
  let merged = 0;
  for (const [day, ofDay] of groupBy(listed, (name) => name.day)) {
    const startMs = dayStartMs(day);
    const hours = groupBy(
      ofDay.filter(({ kind }) => kind !== 'day'),
      ({ hour }) => hour,
    );
    for (const [hour, ofHour] of hours) {
      if (startMs + (hour + 1) * hourMs <= overMs) merged += await mergeHour(deps, ofHour);
    }
    if (startMs + dayMs <= overMs) merged += await mergeDay(deps, { tenant, day });
  }
  return merged;
}

async function mergeHour(deps: MergeDeps, ofHour: readonly RollupName[]): Promise<number> {
  const sources = chooseHours(ofHour);
  const isDone = sources.length === 1 && sources[0]?.kind === 'hour';
  const target = isDone ? sources[0] : await merge(deps, sources, 'hour');
  if (target === undefined) return 0;
  await deleteAll(deps, ofHour, target);
  return isDone ? 0 : 1;
}

async function mergeDay(
  deps: MergeDeps,
  { tenant, day }: { readonly tenant: string; readonly day: string },
): Promise<number> {
  const fromMs = dayStartMs(day);
  const ofDay = await listRollups(deps.objects, { tenant, fromMs, beforeMs: fromMs + dayMs });
  const hours = chooseHours(ofDay.filter(({ kind }) => kind !== 'day'));
  const days = ofDay.filter(({ kind }) => kind === 'day');
  const whole = latest(days);
  const isDone =
    whole !== undefined && hours.every(({ last }) => compareIds(last, whole.last) <= 0);
  const target = isDone ? whole : await merge(deps, hours, 'day');
  if (target === undefined) return 0;
  await deleteAll(deps, days, target);
  return isDone ? 0 : 1;
}

/** @returns `undefined` when another merger was first (M2). */
async function merge(
  { objects }: MergeDeps,
  sources: readonly RollupName[],
  kind: Exclude<RollupKind, 'batch'>,
): Promise<RollupName | undefined> {
  const inOrder = sources.toSorted((left, right) => compareIds(left.first, right.first));
  const [first] = inOrder;
  const newest = latest(inOrder);
  if (first === undefined || newest === undefined) return undefined;
  const hour = kind === 'day' ? 0 : first.hour;
  const target = { ...first, kind, hour, last: newest.last };
  const rollups = [];
  for (const source of inOrder) {
    const key = formatRollup(source);
    const bytes = await objects.get(key);
    if (bytes === undefined) return undefined;
    rollups.push(decodeRollup(key, bytes));
  }
  if (await hasLarger({ objects }, target, sources)) return undefined;
  const usage = mergeBlocks(
    rollups.map((rollup) => rollup.usage),
    kind,
  );
  const analytics = mergeAnalytics(
    rollups.flatMap((rollup) => rollup.analytics),
    kind,
  );
  const answers = mergeAnswers(
    rollups.flatMap((rollup) => rollup.answers),
    kind,
  );
  await objects.put(formatRollup(target), encodeRollup({ usage, analytics, answers }));
  crashPoint('rollups.after-merge');
  return target;
}

async function hasLarger(
  deps: MergeDeps,
  target: RollupName,
  sources: readonly RollupName[],
): Promise<boolean> {
  const fromMs = dayStartMs(target.day);
  const { tenant, kind, hour } = target;
  const now = await listRollups(deps.objects, { tenant, fromMs, beforeMs: fromMs + dayMs });
  const known = new Set(sources.map(formatRollup));
  return now.some(
    (name) =>
      name.kind === kind &&
      name.hour === hour &&
      !known.has(formatRollup(name)) &&
      compareIds(name.last, target.last) >= 0,
  );
}

/** M1. What came after the target stays. */
async function deleteAll(
  { objects }: MergeDeps,
  names: readonly RollupName[],
  target: RollupName,
): Promise<void> {
  for (const name of names) {
    const isTarget = formatRollup(name) === formatRollup(target);
    if (isTarget || compareIds(name.last, target.last) > 0) continue;
    await objects.delete(formatRollup(name));
    crashPoint('rollups.after-delete');
  }
}
