/**
 * A rollup as bytes: a header in JSON, then the columns, each at a multiple of eight so that they
 * are read where they lie. Little-endian, as every machine is that Node runs on.
 */
import { ForebayError } from '../domain/forebay-error.ts';
import type { AnalyticsRow } from './analytics-rows.ts';
import type { AnswerRow } from './answer-rows.ts';
import {
  type NumberColumn,
  type TextColumn,
  type UsageBlock,
  type UsageMetric,
  usageMetrics,
} from './usage-block.ts';

export interface Rollup {
  readonly usage: UsageBlock;
  readonly analytics: readonly AnalyticsRow[];
  readonly answers: readonly AnswerRow[];
}

const magic = 'forebay-rollup-1';
const alignment = 8;
const lengthBytes = 8;

interface Header {
  readonly magic: string;
  readonly rows: number;
  readonly analytics: readonly AnalyticsRow[];
  /** Absent in rollups of earlier versions. */
  readonly answers?: readonly AnswerRow[];
  readonly texts: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Bytes of one number in each column: the hours, the texts, the metrics. */
  readonly widths: readonly number[];
}

export function encodeRollup({ usage, analytics, answers }: Rollup): Buffer {
  const texts = [...usage.texts];
  const columns = [
    usage.hours,
    ...texts.map(([, column]) => column.codes),
    ...usageMetrics.map((metric) => usage.metrics[metric]),
  ];
  const header: Header = {
    magic,
    rows: usage.rows,
    analytics,
    answers,
    texts: texts.map(([name, { values }]) => ({ name, values })),
    widths: columns.map((column) => column.BYTES_PER_ELEMENT),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(json.length);
  const parts = [length, json, padding(json.length)];
  for (const column of columns) {
    const bytes = Buffer.from(column.buffer, column.byteOffset, column.byteLength);
    parts.push(bytes, padding(bytes.length));
  }
  return Buffer.concat(parts);
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((alignment - (bytes % alignment)) % alignment);
}

/** @throws ForebayError `internal` for bytes that no rollup has. */
export function decodeRollup(key: string, stored: Uint8Array): Rollup {
  // Columns are read in place, which needs them where the processor wants them.
  const bytes = stored.byteOffset % alignment === 0 ? stored : new Uint8Array(stored);
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, lengthBytes).readUInt32LE();
  const header = readHeader(key, bytes.subarray(lengthBytes, lengthBytes + length));
  let offset = bytes.byteOffset + lengthBytes + roundUp(length);
  const take = (width: number | undefined): NumberColumn => {
    const column = columnAt(bytes.buffer, offset, { width, rows: header.rows });
    offset += roundUp(column.byteLength);
    return column;
  };
  const widths = [...header.widths];
  const hours = take(widths.shift());
  const texts = header.texts.map(({ name, values }): [string, TextColumn] => [
    name,
    { values, codes: take(widths.shift()) },
  ]);
  const metrics = usageMetrics.map((metric): [UsageMetric, NumberColumn] => [
    metric,
    take(widths.shift()),
  ]);
  return {
    analytics: header.analytics,
    answers: header.answers ?? [],
    usage: {
      rows: header.rows,
      hours,
      texts: new Map(texts),
      // Made from all metrics just above.
      metrics: Object.fromEntries(metrics) as UsageBlock['metrics'],
    },
  };
}

function readHeader(key: string, bytes: Uint8Array): Header {
  try {
    // The magic text vouches for who has written it.
    const header = JSON.parse(Buffer.from(bytes).toString()) as Header;
    if (header.magic === magic) return header;
  } catch {
    // The error below says what is wrong with it.
  }
  throw new ForebayError('internal', `The rollup ${key} cannot be read: it has no such header.`);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function columnAt(
  buffer: ArrayBufferLike,
  offset: number,
  { width, rows }: { readonly width: number | undefined; readonly rows: number },
): NumberColumn {
  if (width === 1) return new Uint8Array(buffer, offset, rows);
  if (width === 2) return new Uint16Array(buffer, offset, rows);
  return width === 4
    ? new Uint32Array(buffer, offset, rows)
    : new Float64Array(buffer, offset, rows);
}
