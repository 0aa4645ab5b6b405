/**
 * Boosted trees over the dense figures: small trees, one after another, each fitted to what the
 * ones before leave over. They see thresholds and combinations that a line cannot, such as "long
 * and with numbers". One tree serves several targets: shared splits, a value for each in a leaf.
 */

export interface BoostedTrees {
  readonly targets: number;
  readonly trees: readonly Tree[];
}

/** A whole tree of fixed depth: node n has the children 2n + 1 and 2n + 2. */
export interface Tree {
  readonly features: Int32Array;
  /** Values up to this go left. */
  readonly thresholds: Float32Array;
  /** Leaf after leaf, one value for each target, learning rate included. */
  readonly leaves: Float32Array;
}

export interface TreesProblem {
  /** Row after row. */
  readonly dense: Float32Array;
  readonly width: number;
  /** Row after row, one for each target; 0 where there is none. */
  readonly values: Float32Array;
  readonly observed: Float32Array;
  readonly targets: number;
  readonly rounds: number;
  /** From 0 to 1; the same numbers make the same trees. */
  readonly random: () => number;
}

const depth = 3;
const innerNodes = 2 ** depth - 1;
const leafCount = 2 ** depth;
/** Of a feature's values, for thresholds to choose from: fewer where rows are few. */
const binsMax = 32;
const binsMin = 8;
const rowsPerBin = 40;
const learningRate = 0.1;
/** Draws leaves with few rows to 0. */
const leafShrink = 15;
const rowShare = 0.6;
const featureShare = 0.5;

export function fitTrees(problem: TreesProblem): BoostedTrees {
  const { width, values, targets, rounds } = problem;
  const rows = width === 0 ? 0 : problem.dense.length / width;
  const binCount = Math.max(binsMin, Math.min(binsMax, Math.ceil(rows / rowsPerBin)));
  const edges = binEdges(problem.dense, { width, rows, binCount });
  const bins = binRows(problem.dense, edges, rows);
  const residuals = values.slice();
  const trees: Tree[] = [];
  const leafOf = new Uint8Array(rows);
  for (let round = 0; round < rounds; round += 1) {
    const tree = growTree({ ...problem, rows, bins, binCount, edges, residuals, leafOf });
    for (let row = 0; row < rows; row += 1) {
      const leaf = (leafOf[row] ?? 0) * targets;
      for (let target = 0; target < targets; target += 1) {
        const at = row * targets + target;
        residuals[at] = (residuals[at] ?? 0) - (tree.leaves[leaf + target] ?? 0);
      }
    }
    trees.push(tree);
  }
  return { targets, trees };
}

/** Trees that together say the mean of what several lists of them say. */
export function averageTrees(models: readonly BoostedTrees[]): BoostedTrees {
  const trees = models.flatMap((model) =>
    model.trees.map((tree) => ({
      ...tree,
      leaves: tree.leaves.map((value) => value / models.length),
    })),
  );
  return { targets: models[0]?.targets ?? 0, trees };
}

/** Adds what the trees from `first` up to but without `end` say of one row of dense figures. */
export function addTrees(
  model: BoostedTrees,
  dense: Float32Array,
  { sums, first, end }: { sums: Float32Array; first: number; end: number },
): void {
  for (let round = first; round < end; round += 1) {
    const tree = model.trees[round];
    if (tree === undefined) return;
    let node = 0;
    while (node < innerNodes) {
      const value = dense[tree.features[node] ?? 0] ?? 0;
      node = 2 * node + (value <= (tree.thresholds[node] ?? 0) ? 1 : 2);
    }
    const leaf = (node - innerNodes) * model.targets;
    for (let target = 0; target < model.targets; target += 1) {
      sums[target] = (sums[target] ?? 0) + (tree.leaves[leaf + target] ?? 0);
    }
  }
}

interface Growth extends TreesProblem {
  readonly rows: number;
  /** Row after row. */
  readonly bins: Uint8Array;
  /** At most; a feature has one more than it has edges. */
  readonly binCount: number;
  readonly edges: readonly Float32Array[];
  readonly residuals: Float32Array;
  /** Filled with the leaf of each row. */
  readonly leafOf: Uint8Array;
}

function growTree(growth: Growth): Tree {
  const { rows, width, random, edges } = growth;
  const sampled = drawSome(rows, rowShare, random);
  // A constant feature splits nothing.
  const varies = (feature: number): boolean => (edges[feature]?.length ?? 0) > 0;
  const chosen = drawSome(width, featureShare, random).filter(varies);
  const features = new Int32Array(innerNodes);
  const thresholds = new Float32Array(innerNodes).fill(Number.POSITIVE_INFINITY);
  const splitBins = new Int32Array(innerNodes).fill(binsMax);
  const nodeOf = new Int32Array(rows);
  for (let level = 0; level < depth; level += 1) {
    const first = 2 ** level - 1;
    const best = bestSplits(growth, { first, nodes: 2 ** level, nodeOf, sampled, chosen });
    for (const [offset, split] of best.entries()) {
      if (split === undefined) continue;
      features[first + offset] = split.feature;
      splitBins[first + offset] = split.bin;
      thresholds[first + offset] = edges[split.feature]?.[split.bin] ?? Number.POSITIVE_INFINITY;
    }
    for (let row = 0; row < rows; row += 1) {
      const node = nodeOf[row] ?? 0;
      const bin = growth.bins[row * width + (features[node] ?? 0)] ?? 0;
      nodeOf[row] = 2 * node + (bin <= (splitBins[node] ?? 0) ? 1 : 2);
    }
  }
  for (let row = 0; row < rows; row += 1) growth.leafOf[row] = (nodeOf[row] ?? 0) - innerNodes;
  return { features, thresholds, leaves: leafValues(growth, sampled) };
}

/** Some of the numbers below `count`, each with the same chance. */
function drawSome(count: number, share: number, random: () => number): Int32Array {
  const drawn: number[] = [];
  for (let each = 0; each < count; each += 1) if (random() < share) drawn.push(each);
  return Int32Array.from(drawn);
}

interface Level {
  readonly first: number;
  readonly nodes: number;
  readonly nodeOf: Int32Array;
  readonly sampled: Int32Array;
  /** The features that this tree may use. */
  readonly chosen: Int32Array;
}

interface Split {
  readonly feature: number;
  readonly bin: number;
  readonly gain: number;
}

function bestSplits(growth: Growth, level: Level): (Split | undefined)[] {
  const best: (Split | undefined)[] = Array.from({ length: level.nodes });
  const sums = histograms(growth, level);
  for (let node = 0; node < level.nodes; node += 1) {
    for (const [place, feature] of level.chosen.entries()) {
      const split = bestSplit(sums, {
        from: (node * level.chosen.length + place) * growth.binCount * growth.targets * 2,
        used: (growth.edges[feature]?.length ?? 0) + 1,
        targets: growth.targets,
      });
      if (split !== undefined && split.gain > (best[node]?.gain ?? 1e-9)) {
        best[node] = { feature, ...split };
      }
    }
  }
  return best;
}

/** For each node, feature and bin: of each target the sum of residuals and the number of values. */
function histograms(
  growth: Growth,
  { first, nodes, nodeOf, sampled, chosen }: Level,
): Float64Array {
  const { width, targets, bins, binCount, residuals, observed } = growth;
  const cellWidth = targets * 2;
  const sums = new Float64Array(nodes * chosen.length * binCount * cellWidth);
  for (const row of sampled) {
    const nodeCell = ((nodeOf[row] ?? 0) - first) * chosen.length;
    for (let place = 0; place < chosen.length; place += 1) {
      const bin = bins[row * width + (chosen[place] ?? 0)] ?? 0;
      let at = ((nodeCell + place) * binCount + bin) * cellWidth;
      for (let from = row * targets; from < (row + 1) * targets; from += 1) {
        const weight = observed[from] ?? 0;
        sums[at] = (sums[at] ?? 0) + weight * (residuals[from] ?? 0);
        sums[at + 1] = (sums[at + 1] ?? 0) + weight;
        at += 2;
      }
    }
  }
  return sums;
}

interface Histogram {
  /** Where it begins among all of a level. */
  readonly from: number;
  /** Its bins that may have rows. */
  readonly used: number;
  readonly targets: number;
}

function bestSplit(
  sums: Float64Array,
  { from, used, targets }: Histogram,
): { bin: number; gain: number } | undefined {
  const width = targets * 2;
  const total = new Float64Array(width);
  for (let bin = 0; bin < used; bin += 1) addCell(total, sums, from + bin * width);
  const whole = gainOf(total, zeros);
  const left = new Float64Array(width);
  let best: { bin: number; gain: number } | undefined;
  for (let bin = 0; bin < used - 1; bin += 1) {
    addCell(left, sums, from + bin * width);
    if ((left[1] ?? 0) === 0) continue;
    const gain = gainOf(left, zeros) + gainOf(total, left) - whole;
    if (gain > (best?.gain ?? 0)) best = { bin, gain };
  }
  return best;
}

const zeros = new Float64Array(0);

function addCell(to: Float64Array, sums: Float64Array, from: number): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) + (sums[from + at] ?? 0);
}

/** Of the sums without what `less` holds of them. */
function gainOf(sums: Float64Array, less: Float64Array): number {
  let gain = 0;
  for (let at = 0; at < sums.length; at += 2) {
    const sum = (sums[at] ?? 0) - (less[at] ?? 0);
    gain += (sum * sum) / ((sums[at + 1] ?? 0) - (less[at + 1] ?? 0) + leafShrink);
  }
  return gain;
}

function leafValues(growth: Growth, sampled: Int32Array): Float32Array {
  const { targets, residuals, observed, leafOf } = growth;
  const sums = new Float64Array(leafCount * targets);
  const weights = new Float64Array(leafCount * targets).fill(leafShrink);
  for (const row of sampled) {
    const leaf = (leafOf[row] ?? 0) * targets;
    for (let target = 0; target < targets; target += 1) {
      const weight = observed[row * targets + target] ?? 0;
      const value = weight * (residuals[row * targets + target] ?? 0);
      sums[leaf + target] = (sums[leaf + target] ?? 0) + value;
      weights[leaf + target] = (weights[leaf + target] ?? 0) + weight;
    }
  }
  return Float32Array.from(sums, (sum, at) => (learningRate * sum) / (weights[at] ?? 1));
}

/** Upper edges of the bins of each feature, at quantiles; a constant feature has none. */
function binEdges(
  dense: Float32Array,
  { width, rows, binCount }: { width: number; rows: number; binCount: number },
): Float32Array[] {
  const step = Math.max(1, Math.floor(rows / 20_000));
  return Array.from({ length: width }, (_, feature) => {
    const sample = new Float32Array(Math.ceil(rows / step));
    for (let at = 0; at < sample.length; at += 1) {
      sample[at] = dense[at * step * width + feature] ?? 0;
    }
    sample.sort();
    const edges = new Set<number>();
    for (let bin = 1; bin < binCount; bin += 1) {
      edges.add(sample[Math.floor((bin * sample.length) / binCount)] ?? 0);
    }
    edges.delete(sample.at(-1) ?? 0);
    return Float32Array.from(edges);
  });
}

function binRows(dense: Float32Array, edges: readonly Float32Array[], rows: number): Uint8Array {
  const width = edges.length;
  const bins = new Uint8Array(width * rows);
  for (const [feature, uppers] of edges.entries()) {
    for (let row = 0; row < rows; row += 1) {
      const value = dense[row * width + feature] ?? 0;
      let bin = 0;
      while (bin < uppers.length && value > (uppers[bin] ?? 0)) bin += 1;
      bins[row * width + feature] = bin;
    }
  }
  return bins;
}
