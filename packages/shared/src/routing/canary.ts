/** Which jobs of a route try its canary. */
import type { Route } from '../domain/model-catalog.ts';
import { drawFor, planSeed } from './plan-seed.ts';

/**
 * The canary, for its share of the jobs. The same text gives the same answer, so a session stays
 * with one side; a larger share keeps those that had the canary.
 *
 * @param text the job's session, else its id
 */
export function canaryFor({ name, canary }: Route, text: string): string | undefined {
  if (canary === undefined) return undefined;
  const draw = drawFor(planSeed(text), `canary ${name}`);
  return draw * 100 < canary.percent ? canary.model : undefined;
}
