/** Sums usage by any dimensions over any blocks, exactly, in one pass over each block's arrays. */
import { type ExactSums, sumByGroup, sumOf } from './exact-sums.ts';
import { type CodeColumn, groupRows } from './group-rows.ts';
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

const nothing: UsageSums = {
  jobs: 0n,
  attempts: 0n,
  inputTokens: 0n,
  cachedInputTokens: 0n,
  cacheWriteTokens: 0n,
  outputTokens: 0n,
  reasoningTokens: 0n,
  spent: 0n,
  unknown: 0n,
};

export function createUsageTally(query: UsageQuery): UsageTally {
  const known = new Map<string, UsageGroup>();
  return {
    add(block) {
      for (const group of tallyBlock(block, query)) {
        const id = JSON.stringify(group.key);
        const earlier = known.get(id)?.sums ?? nothing;
        known.set(id, { key: group.key, sums: addSums(earlier, group.sums) });
      }
    },
    groups: () => spreadTags([...known.values()], query.groupBy.indexOf('tag')),
    total: () => [...known.values()].reduce((sum, { sums }) => addSums(sum, sums), nothing),
  };
}

interface KeyColumn extends CodeColumn {
  readonly textOf: (row: number) => string;
}

function tallyBlock(block: UsageBlock, query: UsageQuery): readonly UsageGroup[] {
  const isKept = keptRows(block, query);
  if (isKept === undefined) return [];
  const columns = query.groupBy.map((name) => keyColumn(block, name));
  const { groupOf, example } = groupRows(block.rows, columns);
  const keptIn = new Uint32Array(example.length);
  for (let row = 0; row < block.rows; row += 1) {
    const group = groupOf[row] ?? 0;
    keptIn[group] = (keptIn[group] ?? 0) + (isKept[row] ?? 0);
  }
  const summed = { groupOf, groups: example.length, isKept };
  const sums = usageMetrics.map((metric) => sumByGroup(block.metrics[metric], summed));
  return example.flatMap((row, group) =>
    keptIn[group] === 0
      ? []
      : [{ key: columns.map(({ textOf }) => textOf(row)), sums: sumsOf(sums, group) }],
  );
}

function sumsOf(sums: readonly ExactSums[], group: number): UsageSums {
  const entries = usageMetrics.map((metric, index) => {
    const column = sums[index];
    return [metric, column === undefined ? 0n : sumOf(column, group)];
  });
  // Made from all metrics just above.
  return Object.fromEntries(entries) as UsageSums;
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
    return { codes, size: values.length, textOf: (row) => values[codes[row] ?? 0] ?? '' };
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
  return { codes, size: known.size, textOf: (row) => texts[codes[row] ?? 0] ?? '' };
}

/** `2030-01-31`, or `2030-01-31T10:00:00Z`. */
function timeText(hour: number, name: 'day' | 'hour'): string {
  const text = new Date(hour * hourMs).toISOString();
  return name === 'day' ? text.slice(0, 10) : `${text.slice(0, 19)}Z`;
}

function spreadTags(groups: readonly UsageGroup[], place: number): readonly UsageGroup[] {
  const spread = new Map<string, UsageGroup>();
  for (const { key, sums } of groups) {
    for (const tag of place < 0 ? [''] : (key[place] ?? '').split(' ')) {
      const own = place < 0 ? key : key.with(place, tag);
      const id = JSON.stringify(own);
      const earlier = spread.get(id)?.sums ?? nothing;
      spread.set(id, { key: own, sums: addSums(earlier, sums) });
    }
  }
  return [...spread.values()].toSorted((left, right) => compareKeys(left.key, right.key));
}

/** Keys of the same length, text by text. */
function compareKeys(left: readonly string[], right: readonly string[]): number {
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
