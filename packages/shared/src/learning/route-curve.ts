/**
 * How good a router between a weak and a strong model is, by the measures of RouteLLM (Ong and
 * others, 2024). Prompts go to the strong model in the order of its predicted advantage; every
 * share of strong calls gives a quality.
 *
 *   PGR(share)  = (quality(share) − quality(weak)) ÷ (quality(strong) − quality(weak))
 *   APGR        = the mean of PGR over all shares from 0 to 1; 0.5 for a random order
 *   CPT(x)      = the least share of strong calls with PGR ≥ x
 *
 * Prompts of the same predicted advantage count as if they came in random order.
 */

/** One prompt that both models have answered. */
export interface PairedOutcome {
  readonly weakScore: number;
  readonly strongScore: number;
  /** Predicted score of the strong model less that of the weak one. */
  readonly advantage: number;
}

export interface CurvePoint {
  /** Of calls that go to the strong model. */
  readonly share: number;
  /** Mean score. */
  readonly quality: number;
  readonly recovered: number;
}

export interface RouteCurve {
  readonly apgr: number;
  /** Shares that recover 50 and 80 per cent. */
  readonly cpt50: number;
  readonly cpt80: number;
  readonly points: readonly CurvePoint[];
}

/** Prompts of the same advantage: a straight piece of the curve. */
interface Step {
  readonly prompts: number;
  readonly gain: number;
}

/** @returns `undefined` where the strong model is no better: then there is no gap to recover. */
export function routeCurve(outcomes: readonly PairedOutcome[]): RouteCurve | undefined {
  const steps = stepsOf(
    outcomes,
    outcomes.map(() => 1),
  );
  const gap = steps.reduce((sum, step) => sum + step.gain, 0);
  if (outcomes.length === 0 || gap <= 1e-9 * outcomes.length) return undefined;
  const weak = outcomes.reduce((sum, each) => sum + each.weakScore, 0) / outcomes.length;
  const quality = (recovered: number): number => weak + (recovered * gap) / outcomes.length;
  const points = Array.from({ length: 21 }, (_, at) => {
    const share = at / 20;
    const recovered = recoveredAt(steps, share);
    return { share, quality: quality(recovered), recovered };
  });
  const cpt = (goal: number): number => shareFor(steps, goal);
  return { apgr: areaOf(steps) ?? 0, cpt50: cpt(0.5), cpt80: cpt(0.8), points };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface CurveIntervals {
  readonly apgr: Interval;
  readonly cpt50: Interval;
  readonly cpt80: Interval;
  readonly weak: Interval;
  readonly strong: Interval;
}

/** 95 per cent intervals by drawing the prompts again, with replacement. */
export function bootstrapCurve(
  outcomes: readonly PairedOutcome[],
  { draws, random }: { readonly draws: number; readonly random: () => number },
): CurveIntervals {
  const ordered = outcomes.toSorted(byAdvantage);
  const found: Record<keyof CurveIntervals, number[]> = {
    apgr: [],
    cpt50: [],
    cpt80: [],
    weak: [],
    strong: [],
  };
  for (let draw = 0; draw < draws; draw += 1) {
    const counts = drawCounts(ordered.length, random);
    const steps = stepsInOrder(ordered, counts);
    const apgr = areaOf(steps);
    if (apgr !== undefined) {
      found.apgr.push(apgr);
      found.cpt50.push(shareFor(steps, 0.5));
      found.cpt80.push(shareFor(steps, 0.8));
    }
    found.weak.push(weightedMean(ordered, counts, 'weakScore'));
    found.strong.push(weightedMean(ordered, counts, 'strongScore'));
  }
  return {
    apgr: intervalOf(found.apgr),
    cpt50: intervalOf(found.cpt50),
    cpt80: intervalOf(found.cpt80),
    weak: intervalOf(found.weak),
    strong: intervalOf(found.strong),
  };
}

function byAdvantage(left: PairedOutcome, right: PairedOutcome): number {
  return right.advantage - left.advantage;
}

function stepsOf(outcomes: readonly PairedOutcome[], counts: readonly number[]): Step[] {
  return stepsInOrder(outcomes.toSorted(byAdvantage), counts);
}

function stepsInOrder(ordered: readonly PairedOutcome[], counts: ArrayLike<number>): Step[] {
  const steps: { prompts: number; gain: number }[] = [];
  let last = Number.NaN;
  for (const [at, { advantage, strongScore, weakScore }] of ordered.entries()) {
    const count = counts[at] ?? 0;
    if (count === 0) continue;
    const step = advantage === last ? steps.at(-1) : undefined;
    const gain = count * (strongScore - weakScore);
    if (step === undefined) steps.push({ prompts: count, gain });
    else {
      step.prompts += count;
      step.gain += gain;
    }
    last = advantage;
  }
  return steps;
}

/** The area under the pieces, by trapezoids; `undefined` without a gap. */
function areaOf(steps: readonly Step[]): number | undefined {
  const prompts = steps.reduce((sum, step) => sum + step.prompts, 0);
  const gap = steps.reduce((sum, step) => sum + step.gain, 0);
  if (prompts === 0 || gap <= 1e-9 * prompts) return undefined;
  let gained = 0;
  let area = 0;
  for (const step of steps) {
    area += step.prompts * (gained + step.gain / 2);
    gained += step.gain;
  }
  return area / (prompts * gap);
}

function recoveredAt(steps: readonly Step[], share: number): number {
  const gap = steps.reduce((sum, step) => sum + step.gain, 0);
  let left = share * steps.reduce((sum, step) => sum + step.prompts, 0);
  let gained = 0;
  for (const step of steps) {
    const part = Math.min(1, left / step.prompts);
    gained += part * step.gain;
    left -= part * step.prompts;
    if (left <= 0) break;
  }
  return gained / gap;
}

function shareFor(steps: readonly Step[], goal: number): number {
  const prompts = steps.reduce((sum, step) => sum + step.prompts, 0);
  const target = goal * steps.reduce((sum, step) => sum + step.gain, 0);
  let gained = 0;
  let passed = 0;
  for (const step of steps) {
    if (gained + step.gain >= target) {
      const part = step.gain > 0 ? (target - gained) / step.gain : 0;
      return (passed + Math.max(0, part) * step.prompts) / prompts;
    }
    gained += step.gain;
    passed += step.prompts;
  }
  return 1;
}

/** How often each of `count` is drawn in `count` draws. */
function drawCounts(count: number, random: () => number): Int32Array {
  const counts = new Int32Array(count);
  for (let draw = 0; draw < count; draw += 1) {
    const at = Math.floor(random() * count);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

function weightedMean(
  outcomes: readonly PairedOutcome[],
  counts: Int32Array,
  field: 'weakScore' | 'strongScore',
): number {
  const sum = outcomes.reduce((total, each, at) => total + (counts[at] ?? 0) * each[field], 0);
  return sum / Math.max(1, outcomes.length);
}

function intervalOf(values: readonly number[]): Interval {
  const ordered = values.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}
