/**
 * A predictor as a file: one line of JSON that says what is in it, then its numbers as they stand
 * in memory, little-endian. Weights are stored as 16-bit steps of their largest value, similarity
 * figures as 8-bit ones; that moves a prediction by less than a thousandth.
 *
 *  A1. A file is read whole or refused: format, version, features, sizes and digest are checked.
 *  A2. It holds no text of a prompt: hashes of features and of whole prompts, and numbers.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Predictor } from './predictor.ts';
import { type NumberSource, predictorFrom, predictorNumbers } from './predictor-numbers.ts';
import { featuresVersion } from './prompt-features.ts';

/** Raise it with every change of the layout; older ones are refused with a remedy. */
const fileVersion = 1;
const formatName = 'forebay-predictor';
/** Files above it are refused unread: a trained one stays far below. */
const fileBytesMax = 64 * 1024 * 1024;

/** What a training run says of itself, beside the predictor. */
export interface PredictorFacts {
  /** ISO 8601. */
  readonly trainedAt: string;
  readonly seed: number;
  readonly rows: number;
  readonly prompts: number;
  /** One line for each learner that was compared. */
  readonly compared: readonly ComparedFacts[];
}

export interface ComparedFacts {
  readonly learner: string;
  readonly label: string;
  readonly deviationsExplained: number;
  readonly commonExplained: number;
}

export interface PredictorFile {
  readonly facts: PredictorFacts;
  readonly predictor: Predictor;
  /** Hashes of the training prompts, to tell which ones it has seen. */
  readonly promptHashes: readonly string[];
}

export type ReadPredictorResult =
  | { readonly kind: 'read'; readonly file: PredictorFile; readonly digest: string }
  /** What is wrong and what to do, as one sentence or two. */
  | { readonly kind: 'refused'; readonly why: string };

const arrayHeader = z.object({
  name: z.string(),
  type: z.enum(['i32', 'f32', 'i16', 'u8']),
  length: z.int().min(0),
  /** What one step of an `i16` or `u8` is worth. */
  step: z.number(),
});

const header = z.object({
  format: z.literal(formatName),
  version: z.number(),
  features: z.number(),
  models: z.array(z.string()).min(1),
  facts: z.object({
    trainedAt: z.string(),
    seed: z.number(),
    rows: z.number(),
    prompts: z.number(),
    compared: z.array(
      z.object({
        learner: z.string(),
        label: z.string(),
        deviationsExplained: z.number(),
        commonExplained: z.number(),
      }),
    ),
  }),
  shape: z.json(),
  arrays: z.array(arrayHeader),
  sha256: z.string(),
});

type ArrayHeader = z.output<typeof arrayHeader>;

const elementBytes = { i32: 4, f32: 4, i16: 2, u8: 1 } as const;

/** @returns the bytes of the file. */
export function writePredictor({ facts, predictor, promptHashes }: PredictorFile): Buffer {
  const { shape, arrays } = predictorNumbers(predictor);
  const all = [...arrays, { name: 'prompts', values: hashWords(promptHashes), as: 'i32' as const }];
  const packed = all.map(({ name, values, as }) => pack(name, values, as));
  const numbers = Buffer.concat(packed.map((each) => each.bytes));
  const head = {
    format: formatName,
    version: fileVersion,
    features: featuresVersion,
    models: predictor.models,
    facts,
    shape,
    arrays: packed.map((each) => each.header),
    sha256: createHash('sha256').update(numbers).digest('hex'),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), numbers]);
}

/** A1. */
export function readPredictor(bytes: Buffer): ReadPredictorResult {
  if (bytes.length > fileBytesMax) return refused(`it has more than ${fileBytesMax} bytes`);
  const end = bytes.indexOf(0x0a);
  const head = end === -1 ? undefined : parseHeader(bytes.subarray(0, end).toString('utf8'));
  if (head === undefined) return refused('it is no predictor of Forebay');
  if (head.version !== fileVersion || head.features !== featuresVersion) {
    return refused('another version of Forebay wrote it');
  }
  const numbers = bytes.subarray(end + 1);
  const digest = createHash('sha256').update(numbers).digest('hex');
  if (digest !== head.sha256) return refused('it is damaged or cut off');
  const arrays = unpackAll(head.arrays, numbers);
  const predictor = predictorFrom(head.models, head.shape, sourceOf(arrays));
  if (predictor === undefined) return refused('its parts do not fit together');
  const promptHashes = hashTexts(arrays.get('prompts') ?? new Float32Array());
  return { kind: 'read', file: { facts: head.facts, predictor, promptHashes }, digest };
}

function refused(why: string): ReadPredictorResult {
  return { kind: 'refused', why: `${why}. Make it again with \`forebay calibrate\`` };
}

function parseHeader(line: string): z.output<typeof header> | undefined {
  try {
    const parsed = header.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: the caller says that this is no such file.
    return undefined;
  }
}

type Numbers = Int32Array | Float32Array;

function pack(name: string, values: Numbers, type: ArrayHeader['type']) {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const step = stepOf(type, most);
  const array = packedArray(type, values, step);
  return {
    header: { name, type, length: values.length, step },
    bytes: Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  };
}

function stepOf(type: ArrayHeader['type'], most: number): number {
  if (type === 'i16') return most > 0 ? most / 32_767 : 1;
  if (type === 'u8') return most > 0 ? most / 255 : 1;
  return 1;
}

function packedArray(type: ArrayHeader['type'], values: Numbers, step: number) {
  switch (type) {
    case 'i32':
      return Int32Array.from(values);
    case 'f32':
      return Float32Array.from(values);
    case 'i16':
      return Int16Array.from(values, (value) => Math.round(value / step));
    case 'u8':
      return Uint8Array.from(values, (value) => Math.round(value / step));
  }
}

function unpackAll(headers: readonly ArrayHeader[], bytes: Buffer): Map<string, Numbers> {
  const arrays = new Map<string, Numbers>();
  let at = 0;
  for (const { name, type, length, step } of headers) {
    const size = length * elementBytes[type];
    // A copy: a view would have to begin at a multiple of its elements' size.
    const part = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + size);
    arrays.set(name, unpack(part, type, step));
    at += size;
  }
  return arrays;
}

function unpack(bytes: ArrayBufferLike, type: ArrayHeader['type'], step: number): Numbers {
  switch (type) {
    case 'i32':
      return new Int32Array(bytes);
    case 'f32':
      return new Float32Array(bytes);
    case 'i16':
      return Float32Array.from(new Int16Array(bytes), (value) => value * step);
    case 'u8':
      return Float32Array.from(new Uint8Array(bytes), (value) => value * step);
  }
}

function sourceOf(arrays: ReadonlyMap<string, Numbers>): NumberSource {
  return {
    whole: (name) => Int32Array.from(arrays.get(name) ?? []),
    real: (name) => Float32Array.from(arrays.get(name) ?? []),
  };
}

/** Two numbers of 32 bits for each hash of 16 hexadecimal digits. */
function hashWords(hashes: readonly string[]): Int32Array {
  return Int32Array.from(
    hashes.flatMap((hash) => [hash.slice(0, 8), hash.slice(8, 16)]),
    (digits) => Number.parseInt(digits, 16) | 0,
  );
}

function hashTexts(words: Numbers): string[] {
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  const hashes: string[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    hashes.push(`${hex(words[at] ?? 0)}${hex(words[at + 1] ?? 0)}`);
  }
  return hashes;
}
