/**
 * How much of what a model answers is of no use, as far as one can be sure of it.
 *
 * Qualities are compared by their distance alone, so the slightest difference decides between
 * models that are equal otherwise. Chance must not make one: what counts is the lower end of
 * Wilson's interval for the true share (E. B. Wilson, 1927; 95 %, one-sided), and that only where
 * it is more than the odd answer which every model gets wrong.
 */
import type { SeenAnswers } from '../domain/quality-sum.ts';

/** Fewer attempts say nothing, and so many weigh as much as one judgement of a person. */
export const attemptsPerJudgement = 20;

/** A share below this counts as none. */
const ordinaryShare = 0.05;

/** One-sided 95 % of the normal distribution. */
const z = 1.645;

export function flawShare({ attempts, flaws }: SeenAnswers): number {
  if (attempts < attemptsPerJudgement) return 0;
  const share = flaws / attempts;
  const spread = (z * z) / attempts;
  const middle = share + spread / 2;
  const half = Math.sqrt(spread * (share * (1 - share) + spread / 4));
  const least = (middle - half) / (1 + spread);
  return least < ordinaryShare ? 0 : least;
}
