/** Finds shadows that could not be made, or that would compare a model with itself. */
import { type PlacedProblem, quote } from './placed-problem.ts';
import type { ParsedConfig } from './schema.ts';

export function checkShadow(
  name: string,
  { shadow, canary, targets }: ParsedConfig['routes'][string],
  { models, routes }: Pick<ParsedConfig, 'models' | 'routes'>,
): readonly PlacedProblem[] {
  if (shadow === undefined) return [];
  const { model } = shadow;
  const problem = (message: string) => [{ path: ['routes', name, 'shadow', 'model'], message }];
  if (!Object.hasOwn(models, model)) {
    return Object.hasOwn(routes, model)
      ? problem(`"${model}" is a route; expected a model, so that no shadow has one of its own`)
      : problem(`no model is called ${quote(model, Object.keys(models))}`);
  }
  if (targets.some((target) => target.model === model)) {
    return problem(`"${model}" is a target already; name a model that the route does not use`);
  }
  if (canary?.model === model) {
    return problem(`"${model}" is the canary already; name another model, or take the canary out`);
  }
  return [];
}
