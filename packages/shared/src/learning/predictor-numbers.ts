/** Takes a predictor apart into named arrays and a small description, and puts it together. */
import { z } from 'zod';
import type { BoostedTrees } from './boosted-trees.ts';
import type { FittedLearner, Predictor, PredictorPart } from './predictor.ts';

export interface NamedNumbers {
  readonly name: string;
  readonly values: Int32Array | Float32Array;
  /** How precisely they are stored. */
  readonly as: 'i32' | 'f32' | 'i16' | 'u8';
}

export interface NumberSource {
  whole(name: string): Int32Array;
  real(name: string): Float32Array;
}

const weights = { deviationWeight: z.number(), commonWeight: z.number() };
const treesShape = z.object({ targets: z.int().min(1), count: z.int().min(0) });

const partShape = z.discriminatedUnion('learner', [
  z.object({ learner: z.literal('classes'), ...weights }),
  z.object({ learner: z.literal('ridge'), ...weights }),
  z.object({ learner: z.literal('logistic'), ...weights }),
  z.object({
    learner: z.literal('neighbours'),
    most: z.int().min(1),
    power: z.number(),
    rows: z.int().min(0),
    ...weights,
  }),
  z.object({
    learner: z.literal('trees'),
    deviations: treesShape,
    common: treesShape,
    ...weights,
  }),
]);

const predictorShape = z.object({ knowsDeviations: z.boolean(), parts: z.array(partShape) });

type PartShape = z.output<typeof partShape>;

export function predictorNumbers(predictor: Predictor) {
  const { vocabulary, means, parts } = predictor;
  const arrays: NamedNumbers[] = [
    { name: 'places', values: vocabulary.places, as: 'i32' },
    { name: 'idf', values: vocabulary.idf, as: 'i16' },
    { name: 'denseMean', values: vocabulary.denseMean, as: 'f32' },
    { name: 'denseScale', values: vocabulary.denseScale, as: 'f32' },
    { name: 'means', values: means, as: 'f32' },
    ...parts.flatMap(partNumbers),
  ];
  const shape = { knowsDeviations: predictor.knowsDeviations, parts: parts.map(shapeOf) };
  return { shape, arrays };
}

/** @returns `undefined` where the description and the arrays do not fit. */
export function predictorFrom(
  models: readonly string[],
  shape: unknown,
  source: NumberSource,
): Predictor | undefined {
  const parsed = predictorShape.safeParse(shape);
  if (!parsed.success) return undefined;
  const vocabulary = {
    places: source.whole('places'),
    idf: source.real('idf'),
    denseMean: source.real('denseMean'),
    denseScale: source.real('denseScale'),
  };
  const means = source.real('means');
  const { knowsDeviations } = parsed.data;
  const parts = parsed.data.parts.map((part): PredictorPart => {
    const { deviationWeight, commonWeight } = part;
    return { deviationWeight, commonWeight, ...learnerFrom(part, source) };
  });
  const predictor = { models, vocabulary, means, knowsDeviations, parts };
  return fits(predictor) ? predictor : undefined;
}

function fits({ models, vocabulary, means, parts }: Predictor): boolean {
  const columns = vocabulary.places.length;
  const width = columns + vocabulary.denseMean.length;
  const count = models.length + 1;
  if (vocabulary.idf.length !== columns || means.length !== models.length) return false;
  return parts.every((part) => {
    if (part.learner === 'ridge') return part.weights.length === width * count;
    if (part.learner === 'logistic') return part.weights.length === width * models.length;
    if (part.learner !== 'neighbours') return true;
    const { index, values } = part;
    return index.starts.length === columns + 1 && values.length === index.rows * count;
  });
}

function partNumbers(part: PredictorPart): NamedNumbers[] {
  switch (part.learner) {
    case 'classes':
      return [{ name: 'classes', values: part.means, as: 'f32' }];
    case 'ridge':
      return [{ name: 'ridge', values: part.weights, as: 'i16' }];
    case 'logistic':
      return [{ name: 'logistic', values: part.weights, as: 'i16' }];
    case 'neighbours':
      return [
        { name: 'neighbours.starts', values: part.index.starts, as: 'i32' },
        { name: 'neighbours.rows', values: part.index.postingRows, as: 'i32' },
        { name: 'neighbours.values', values: part.index.postingValues, as: 'u8' },
        { name: 'neighbours.targets', values: part.values, as: 'i16' },
        { name: 'neighbours.observed', values: part.observed, as: 'u8' },
      ];
    case 'trees':
      return [
        ...treeNumbers('trees.deviations', part.trees.deviations),
        ...treeNumbers('trees.common', part.trees.common),
      ];
  }
}

function treeNumbers(name: string, { trees }: BoostedTrees): NamedNumbers[] {
  const all = (field: 'thresholds' | 'leaves'): Float32Array =>
    Float32Array.from(trees.flatMap((tree) => [...tree[field]]));
  const features = Int32Array.from(trees.flatMap((tree) => [...tree.features]));
  return [
    { name: `${name}.features`, values: features, as: 'i32' },
    { name: `${name}.thresholds`, values: all('thresholds'), as: 'f32' },
    { name: `${name}.leaves`, values: all('leaves'), as: 'f32' },
  ];
}

function shapeOf(part: PredictorPart): PartShape {
  const { deviationWeight, commonWeight } = part;
  const both = { deviationWeight, commonWeight };
  switch (part.learner) {
    case 'neighbours':
      return { learner: part.learner, ...part.setting, rows: part.index.rows, ...both };
    case 'trees': {
      const { deviations, common } = part.trees;
      const size = ({ targets, trees }: BoostedTrees) => ({ targets, count: trees.length });
      return {
        learner: part.learner,
        deviations: size(deviations),
        common: size(common),
        ...both,
      };
    }
    case 'classes':
    case 'ridge':
    case 'logistic':
      return { learner: part.learner, ...both };
  }
}

function learnerFrom(part: PartShape, source: NumberSource): FittedLearner {
  switch (part.learner) {
    case 'classes':
      return { learner: part.learner, means: source.real('classes') };
    case 'ridge':
      return { learner: part.learner, weights: source.real('ridge') };
    case 'logistic':
      return { learner: part.learner, weights: source.real('logistic') };
    case 'neighbours': {
      const { learner, most, power, rows } = part;
      const index = {
        rows,
        starts: source.whole('neighbours.starts'),
        postingRows: source.whole('neighbours.rows'),
        postingValues: source.real('neighbours.values'),
      };
      const values = source.real('neighbours.targets');
      const observed = source.real('neighbours.observed');
      return { learner, setting: { most, power }, index, values, observed };
    }
    case 'trees': {
      const deviations = treesFrom('trees.deviations', part.deviations, source);
      const common = treesFrom('trees.common', part.common, source);
      return { learner: part.learner, trees: { deviations, common } };
    }
  }
}

function treesFrom(
  name: string,
  { targets, count }: z.output<typeof treesShape>,
  source: NumberSource,
): BoostedTrees {
  const features = source.whole(`${name}.features`);
  const thresholds = source.real(`${name}.thresholds`);
  const leaves = source.real(`${name}.leaves`);
  const nodes = count === 0 ? 0 : features.length / count;
  const values = count === 0 ? 0 : leaves.length / count;
  const trees = Array.from({ length: count }, (_, at) => ({
    features: features.slice(at * nodes, (at + 1) * nodes),
    thresholds: thresholds.slice(at * nodes, (at + 1) * nodes),
    leaves: leaves.slice(at * values, (at + 1) * values),
  }));
  return { targets, trees };
}
