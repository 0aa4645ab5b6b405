/** Finds settings of a route that its strategy would never read, or that would decide nothing. */
import { decideNothing } from '../domain/score-weights.ts';
import type { PlacedProblem } from './placed-problem.ts';
import type { ParsedConfig } from './schema.ts';

export function checkStrategy(
  name: string,
  { strategy, weights, goal }: ParsedConfig['routes'][string],
): readonly PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  if (weights !== undefined && strategy !== 'balanced') {
    const message = `only the strategy balanced uses weights, and this one is ${strategy}`;
    problems.push({ path: ['routes', name, 'weights'], message });
  }
  if (decideNothing(weights)) {
    const message = 'expected at least one weight above 0';
    problems.push({ path: ['routes', name, 'weights'], message });
  }
  if (goal !== undefined && strategy !== 'cheapest_meeting') {
    const message = `only the strategy cheapest_meeting has a goal, and this one is ${strategy}`;
    problems.push({ path: ['routes', name, 'goal'], message });
  }
  return problems;
}
