/**
 * How eligible models compare in each part of a score: 0 for the best of them, 1 for the worst,
 * the others by their distance in between; 0 for all where they are equal.
 *
 * What is not known of a model counts as the middle of what is known of the others: a model that
 * nobody has timed or judged yet is neither left to starve nor flooded.
 */
import type { ModelLive, ScoreParts } from '../domain/route-plan.ts';
import type { ConsideredModel } from './considered-model.ts';

/** The parts of each model, in the given order. */
export function scoreParts(models: readonly ConsideredModel[]): readonly ScoreParts[] {
  const cost = spread(models.map(({ expectedCost }) => Number(expectedCost)));
  const speed = spread(models.map(({ expectedMs }) => expectedMs));
  const quality = spread(models.map((each) => each.quality && 1 - each.quality.value));
  const load = spread(models.map(({ live }) => live && loadOf(live)));
  return models.map((_, index) => ({
    cost: cost[index] ?? 0,
    speed: speed[index] ?? 0,
    quality: quality[index] ?? 0,
    load: load[index] ?? 0,
  }));
}

/** Jobs that wait or run for each call that the model may make at once. */
function loadOf({ waiting, running, concurrency }: ModelLive): number {
  return (waiting + running) / Math.max(1, concurrency);
}

/** Lower figures are better. */
function spread(figures: readonly (number | undefined)[]): readonly number[] {
  const known = figures.filter((figure) => figure !== undefined);
  const least = Math.min(...known);
  const range = Math.max(...known) - least;
  if (known.length === 0 || range === 0) return figures.map(() => 0);
  const middle = known.length === figures.length ? 0 : middleOf(known);
  return figures.map((figure = middle) => (figure - least) / range);
}

/** The median of a list that is not empty. */
function middleOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}
