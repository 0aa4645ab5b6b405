/** What the parts of a score weigh where nobody says otherwise. */
import type { ScoreWeightChanges, ScoreWeights } from './model-catalog.ts';

/**
 * Load weighs half, because the wait that it causes is in the speed already: what is left to it is
 * to spread calls over lanes that are equally quick.
 */
export const usualWeights: ScoreWeights = { cost: 1, speed: 1, quality: 1, load: 0.5 };

/** Large enough to leave the other parts nothing to say. */
export const scoreWeightMax = 1_000;

/** Whether no part would weigh anything: then all models would be equal. */
export function decideNothing(changes: ScoreWeightChanges = {}): boolean {
  const { cost, speed, quality, load } = { ...usualWeights, ...changes };
  return cost === 0 && speed === 0 && quality === 0 && load === 0;
}
