/**
 * Bounded exploration: of the jobs whose order comes from what was measured, a share goes to a
 * model of the same plan by chance, so that figures of models that always come second do not grow
 * old. Which jobs and which model follow from the seed.
 *
 * Only a new job with several eligible models is explored, and only once: after a failure it needs
 * what is known to work. What is explored has passed every check that the others have passed, and
 * never takes the place of a model that was decided on beforehand.
 */
import type { PlanInput } from './plan-input.ts';
import { drawFor } from './plan-seed.ts';
import type { RouteTerms } from './route-terms.ts';
import type { ScoredModel } from './score.ts';

/** Strategies that depend on latency or quality; prices are known without trying. */
const learning: readonly RouteTerms['strategy'][] = ['balanced', 'fastest', 'best'];

/** @param ordered best first. */
export function explore(
  ordered: readonly ScoredModel[],
  { strategy }: RouteTerms,
  { catalog, history, seed }: PlanInput,
): readonly ScoredModel[] {
  const rate = catalog.exploration ?? 0;
  if (rate === 0 || ordered.length < 2 || !learning.includes(strategy)) return ordered;
  if (history.visited.size > 0 || drawFor(seed, ':explore') >= rate) return ordered;
  const chosen = ordered[Math.floor(drawFor(seed, ':explored') * ordered.length)];
  const [first] = ordered;
  if (chosen === undefined || chosen === first || first?.why !== undefined) return ordered;
  const why = 'tried by chance, to learn of it';
  return [{ ...chosen, why }, ...ordered.filter((each) => each !== chosen)];
}
