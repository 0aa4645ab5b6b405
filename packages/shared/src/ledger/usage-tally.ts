/** Sums usage by any dimensions over any blocks, exactly, in one pass over each block's arrays. */
import { type ExactSums, sumByGroup } from './exact-sums.ts';
import { createGroupPlaces } from './group-places.ts';
import { type CodeColumn, groupRows } from './group-rows.ts';
import { createGrowingSums, type GrowingSums } from './growing-sums.ts';
import { hourMs } from './rollup-names.ts';
import { type TextColumn, type UsageBlock, type UsageMetric, usageMetrics } from './usage-block.ts';

export interface UsageQuery {
  /** Hours since 1970; the second one no longer counts. */
  readonly fromHour: number;
  readonly beforeHour: number;
  /** `day`, `hour`, `tag`, or a dimension. */
  readonly groupBy: readonly string[];
  /** Dimension or `tag` to the texts that it may have. */
  readonly filters: ReadonlyMap<string, ReadonlySet<string>>;
}

export type UsageSums = Readonly<Record<UsageMetric, bigint>>;

export interface UsageGroup {
  /** In the order of `groupBy`; '' where a job has none. */
  readonly key: readonly string[];
  readonly sums: UsageSums;
}

export interface UsageTally {
  add(block: UsageBlock): void;
  /** In the order of their keys. By tag, what has several counts in each of its groups. */
  groups(): readonly UsageGroup[];
  /** Each row once. */
  total(): UsageSums;
}

export function createUsageTally(query: UsageQuery): UsageTally {
  const places = createGroupPlaces(query.groupBy.length);
  const sums = usageMetrics.map(() => createGrowingSums());
  const sumsAt = (of: (growing: GrowingSums) => bigint): UsageSums => {
    const entries = usageMetrics.map((metric, index) => {
      const growing = sums[index];
      return [metric, growing === undefined ? 0n : of(growing)];
    });
    // Made from all metrics just above.
    return Object.fromEntries(entries) as UsageSums;
  };
  return {
    add(block) {
      const summed = sumBlock(block, query);
      const placeOf = places.translate(summed.columns);
      const to = summed.examples.map(placeOf);
      for (const [index, own] of summed.sums.entries()) sums[index]?.add(own, summed.groups, to);
    },
    groups() {
      const all = places.keys.map((key, place) => ({
        key,
        sums: sumsAt((growing) => growing.of(place)),
      }));
      const spread = spreadTags(all, query.groupBy.indexOf('tag'));
      return spread.toSorted((left, right) => compareKeys(left.key, right.key));
    },
    total: () => sumsAt((growing) => growing.total()),
  };
}

interface KeyColumn extends CodeColumn {
  /** Of each code. */
  readonly texts: readonly string[];
}

interface SummedBlock {
  readonly columns: readonly KeyColumn[];
  /** The groups that the query wants, and a row of each. */
  readonly groups: readonly number[];
  readonly examples: readonly number[];
  /** In the order of the metrics. */
  readonly sums: readonly ExactSums[];
}

function sumBlock(block: UsageBlock, query: UsageQuery): SummedBlock {
  const isKept = keptRows(block, query);
  if (isKept === undefined) return { columns: [], groups: [], examples: [], sums: [] };
  const columns = query.groupBy.map((name) => keyColumn(block, name));
  const { groupOf, example } = groupRows(block.rows, columns);
  const isIn = new Uint8Array(example.length);
  for (let row = 0; row < block.rows; row += 1) {
    if (isKept[row] === 1) isIn[groupOf[row] ?? 0] = 1;
  }
  const summed = { groupOf, groups: example.length, isKept };
  const groups = [...example.keys()].filter((group) => isIn[group] === 1);
  const examples = groups.map((group) => example[group] ?? 0);
  const sums = usageMetrics.map((metric) => sumByGroup(block.metrics[metric], summed));
  return { columns, groups, examples, sums };
}

/** 1 for rows that the query wants; `undefined` when it wants none of this block. */
function keptRows(block: UsageBlock, query: UsageQuery): Uint8Array | undefined {
  const isKept = new Uint8Array(block.rows);
  let kept = 0;
  for (let row = 0; row < block.rows; row += 1) {
    const hour = block.hours[row] ?? 0;
    if (hour < query.fromHour || hour >= query.beforeHour) continue;
    isKept[row] = 1;
    kept += 1;
  }
  if (kept === 0) return undefined;
  for (const [name, wanted] of query.filters) {
    const { values, codes } = textColumn(block, name);
    const fits = values.map((value) => isWanted(name, value, wanted));
    for (let row = 0; row < block.rows; row += 1) {
      if (fits[codes[row] ?? 0] !== true) isKept[row] = 0;
    }
  }
  return isKept;
}

function isWanted(name: string, value: string, wanted: ReadonlySet<string>): boolean {
  return name === 'tag' ? value.split(' ').some((tag) => wanted.has(tag)) : wanted.has(value);
}

function textColumn(block: UsageBlock, name: string): TextColumn {
  const column = block.texts.get(name === 'tag' ? 'tags' : name);
  // A metadata key that was not declared when the block was made.
  return column ?? { values: [''], codes: new Uint8Array(block.rows) };
}

const hoursPerDay = 24;

function keyColumn(block: UsageBlock, name: string): KeyColumn {
  if (name !== 'day' && name !== 'hour') {
    const { values, codes } = textColumn(block, name);
    return { codes, size: values.length, texts: values };
  }
  const grain = name === 'day' ? hoursPerDay : 1;
  const known = new Map<number, number>();
  const codes = new Uint32Array(block.rows);
  for (let row = 0; row < block.rows; row += 1) {
    const step = Math.floor((block.hours[row] ?? 0) / grain);
    let code = known.get(step);
    if (code === undefined) {
      code = known.size;
      known.set(step, code);
    }
    codes[row] = code;
  }
  const texts = [...known.keys()].map((step) => timeText(step * grain, name));
  return { codes, size: known.size, texts };
}

/** `2030-01-31`, or `2030-01-31T10:00:00Z`. */
export function timeText(hour: number, name: 'day' | 'hour'): string {
  const text = new Date(hour * hourMs).toISOString();
  return name === 'day' ? text.slice(0, 10) : `${text.slice(0, 19)}Z`;
}

/** Texts may hold anything, so that no sign could stand between two of them. */
function idOf(key: readonly string[]): string {
  return key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
}

function spreadTags(groups: readonly UsageGroup[], place: number): readonly UsageGroup[] {
  if (place < 0) return groups;
  const spread = new Map<string, UsageGroup>();
  for (const { key, sums } of groups) {
    for (const tag of (key[place] ?? '').split(' ')) {
      const own = key.with(place, tag);
      const earlier = spread.get(idOf(own))?.sums;
      spread.set(idOf(own), {
        key: own,
        sums: earlier === undefined ? sums : addSums(earlier, sums),
      });
    }
  }
  return [...spread.values()];
}

/** Keys of the same length, text by text. */
export function compareKeys(left: readonly string[], right: readonly string[]): number {
  for (const [place, text] of left.entries()) {
    const other = right[place] ?? '';
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}

function addSums(left: UsageSums, right: UsageSums): UsageSums {
  const entries = usageMetrics.map((metric) => [metric, left[metric] + right[metric]]);
  // Made from all metrics just above.
  return Object.fromEntries(entries) as UsageSums;
}
