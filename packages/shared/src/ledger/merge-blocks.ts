/** Several blocks as one: rows that are equal become one row. The same blocks give the same one. */
import { type ExactSums, sumByGroup, sumOf } from './exact-sums.ts';
import { type CodeColumn, groupRows } from './group-rows.ts';
import {
  amountPerRowMax,
  type NumberColumn,
  packNumbers,
  type TextColumn,
  type UsageBlock,
  type UsageMetric,
  usageMetrics,
} from './usage-block.ts';

const hoursPerDay = 24;

/** @param grain `day` forgets the hours: each row stands at its day's first one. */
export function mergeBlocks(blocks: readonly UsageBlock[], grain: 'hour' | 'day'): UsageBlock {
  const names = [...new Set(blocks.flatMap((block) => [...block.texts.keys()]))].toSorted();
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const hours = joinHours(blocks, rows, grain);
  const texts = names.map((name) => joinTexts(blocks, name, rows));
  const { groupOf, example } = groupRows(rows, [
    numbered(hours),
    ...texts.map(({ codes, values }) => ({ codes, size: values.length })),
  ]);
  const metrics = sumMetrics(blocks, groupOf, example.length);
  return assemble({ names, hours, texts, example, metrics });
}

function joinHours(blocks: readonly UsageBlock[], rows: number, grain: 'hour' | 'day') {
  const hours = new Uint32Array(rows);
  let row = 0;
  for (const block of blocks) {
    for (let i = 0; i < block.rows; i += 1) {
      const hour = block.hours[i] ?? 0;
      hours[row] = grain === 'day' ? hour - (hour % hoursPerDay) : hour;
      row += 1;
    }
  }
  return hours;
}

function joinTexts(
  blocks: readonly UsageBlock[],
  name: string,
  rows: number,
): TextColumn & { readonly codes: Uint32Array } {
  const known = new Map<string, number>([['', 0]]);
  const codes = new Uint32Array(rows);
  let row = 0;
  for (const block of blocks) {
    const column = block.texts.get(name);
    const places = (column?.values ?? []).map((value) => {
      const place = known.get(value) ?? known.size;
      known.set(value, place);
      return place;
    });
    for (let i = 0; i < block.rows; i += 1) {
      codes[row] = places[column?.codes[i] ?? 0] ?? 0;
      row += 1;
    }
  }
  return { values: [...known.keys()], codes };
}

function numbered(hours: Uint32Array): CodeColumn {
  const known = new Map<number, number>();
  const codes = hours.map((hour) => {
    const code = known.get(hour) ?? known.size;
    known.set(hour, code);
    return code;
  });
  return { codes, size: known.size };
}

type Sums = Readonly<Record<UsageMetric, ExactSums>>;

function sumMetrics(blocks: readonly UsageBlock[], groupOf: Uint32Array, groups: number): Sums {
  const sums = usageMetrics.map((metric): [UsageMetric, ExactSums] => {
    const joined = new Float64Array(groupOf.length);
    let row = 0;
    for (const block of blocks) {
      joined.set(block.metrics[metric], row);
      row += block.rows;
    }
    return [metric, sumByGroup(joined, { groupOf, groups })];
  });
  // Made from all metrics just above.
  return Object.fromEntries(sums) as Sums;
}

interface Merged {
  readonly names: readonly string[];
  readonly hours: Uint32Array;
  readonly texts: readonly TextColumn[];
  /** A row of each group. */
  readonly example: readonly number[];
  readonly metrics: Sums;
}

/** B1: a group whose amounts are too large for one row becomes as many rows as it needs. */
function assemble({ names, hours, texts, example, metrics }: Merged): UsageBlock {
  const groups = Uint32Array.from([...example.keys(), ...furtherRows(metrics)]);
  const pick = (column: ArrayLike<number> | undefined): NumberColumn =>
    packNumbers(groups.map((group) => column?.[example[group] ?? 0] ?? 0));
  const packed = usageMetrics.map((metric) => [
    metric,
    packNumbers(partsOf(metrics[metric], groups)),
  ]);
  return {
    rows: groups.length,
    hours: pick(hours),
    texts: new Map(
      names.map((name, index): [string, TextColumn] => [
        name,
        { values: texts[index]?.values ?? [], codes: pick(texts[index]?.codes) },
      ]),
    ),
    // Made from all metrics just above.
    metrics: Object.fromEntries(packed) as UsageBlock['metrics'],
  };
}

const most = BigInt(amountPerRowMax);

/** The groups that need more than one row, each as often as it needs one more. */
function furtherRows(metrics: Sums): readonly number[] {
  const further = new Map<number, number>();
  for (const metric of usageMetrics) {
    for (const group of metrics[metric].carried.keys()) {
      const rows = absolute(sumOf(metrics[metric], group)) / most;
      further.set(group, Math.max(further.get(group) ?? 0, Number(rows)));
    }
  }
  return [...further].flatMap(([group, rows]) => Array.from({ length: rows }, () => group));
}

/** Hands a group's sum out to its rows, each as much as it may hold. */
function partsOf(metric: ExactSums, groups: Uint32Array): Float64Array {
  const left = new Map([...metric.carried.keys()].map((group) => [group, sumOf(metric, group)]));
  return Float64Array.from(groups, (group, row) => {
    const rest = left.get(group);
    if (rest === undefined) return row < metric.sums.length ? (metric.sums[group] ?? 0) : 0;
    const part = absolute(rest) > most ? (rest < 0n ? -most : most) : rest;
    left.set(group, rest - part);
    return Number(part);
  });
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
