/**
 * Checks what the sections of a configuration say about each other, so that nothing impossible
 * is found out at the first failure in the night: every name resolves, no fallback list leads in
 * a circle or to a model that could not take over, and every call has a price.
 */
import { checkAliases } from './check-aliases.ts';
import { checkAuth, checkDialects, checkPaths } from './check-dialects.ts';
import { checkFallbacks } from './check-fallbacks.ts';
import { checkRules } from './check-rules.ts';
import { checkShadow } from './check-shadow.ts';
import { checkStrategy } from './check-strategy.ts';
import { choosePrice, type PricedPlace } from './choose-price.ts';
import { deploymentName, maxOutputTokensOf } from './model-defaults.ts';
import { type PlacedProblem, quote } from './placed-problem.ts';
import type { PriceBook } from './price-book.ts';
import type { ParsedConfig, ParsedModel } from './schema.ts';

export function checkReferences(config: ParsedConfig, book: PriceBook): readonly PlacedProblem[] {
  const models = Object.entries(config.models);
  return [
    ...Object.entries(config.providers).flatMap(([name, each]) => checkAuth(name, each)),
    ...models.flatMap(([name, model]) => checkSizes(name, model)),
    ...models.flatMap(([name, model]) => checkDeployments(name, model, config)),
    ...checkPaths(config),
    ...models.flatMap(([name, model]) => checkDialects(name, model, config)),
    ...models.flatMap(([name, model]) => checkPrices({ modelName: name, model, config }, book)),
    ...checkFallbacks(config.models),
    ...checkRoutes(config),
    ...checkAliases(config),
    ...checkRules(config),
    ...(models.length === 0 ? [{ path: ['models'], message: 'expected at least one model' }] : []),
  ];
}

function checkSizes(name: string, model: ParsedModel): readonly PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const max = maxOutputTokensOf(model);
  const report = (key: string, message: string) =>
    problems.push({ path: ['models', name, key], message });
  if (max > model.context_window) {
    report('max_output_tokens', `expected at most the context window, ${model.context_window}`);
  }
  if ((model.default_output_tokens ?? 0) > max) {
    report('default_output_tokens', `expected at most the largest output cap, ${max}`);
  }
  if (model.capabilities.includes('vision') && model.image_tokens_max === undefined) {
    report('capabilities', 'vision needs image_tokens_max, or images could not be priced');
  }
  return problems;
}

function checkDeployments(
  name: string,
  model: ParsedModel,
  config: ParsedConfig,
): readonly PlacedProblem[] {
  const providers = Object.keys(config.providers);
  const names = model.deployments.map(deploymentName);
  return model.deployments.flatMap((deployment, index) => {
    const path = ['models', name, 'deployments', index];
    const problems: PlacedProblem[] = [];
    if (!providers.includes(deployment.provider)) {
      const message = `no provider is called ${quote(deployment.provider, providers)}`;
      problems.push({ path: [...path, 'provider'], message });
    }
    if (names.indexOf(deploymentName(deployment)) !== index) {
      const message = `two deployments are called "${names[index]}"; give each a name of its own`;
      problems.push({ path, message });
    }
    return problems;
  });
}

/** A missing price would make calls free on paper. */
function checkPrices(
  place: Omit<PricedPlace, 'deployment'>,
  book: PriceBook,
): readonly PlacedProblem[] {
  const { modelName, model } = place;
  const problems = model.deployments.flatMap((deployment, index) => {
    const chosen = choosePrice({ ...place, deployment }, book);
    if (chosen.kind === 'priced') return [];
    const path = ['models', modelName, 'deployments', index];
    const { key, message } = chosen;
    return [{ path: key === undefined ? path : [...path, key], message }];
  });
  const names = [model.price, model.price_from].filter((each) => each !== undefined);
  if (names.length < 2) return problems;
  const message = 'expected `price` or `price_from`, not both';
  return [...problems, { path: ['models', modelName, 'price_from'], message }];
}

function checkRoutes(config: ParsedConfig): readonly PlacedProblem[] {
  const models = Object.keys(config.models);
  return Object.entries(config.routes).flatMap(([name, route]) => {
    const names = route.targets.map((target) => target.model);
    const problems: PlacedProblem[] = [];
    if (models.includes(name)) {
      problems.push({ path: ['routes', name], message: `a model is called "${name}" already` });
    }
    if (route.targets.every((target) => target.weight === 0)) {
      const message = 'expected at least one target with a weight above 0';
      problems.push({ path: ['routes', name, 'targets'], message });
    }
    problems.push(...checkStrategy(name, route));
    problems.push(...checkCanary(name, route, models), ...checkShadow(name, route, config));
    for (const [index, target] of names.entries()) {
      const path = ['routes', name, 'targets', index];
      if (!models.includes(target)) {
        const message = Object.hasOwn(config.routes, target)
          ? `"${target}" is a route; expected a model, so that no route leads in a circle`
          : `no model is called ${quote(target, models)}`;
        problems.push({ path, message });
      } else if (names.indexOf(target) !== index) {
        problems.push({ path, message: `"${target}" is listed twice` });
      }
    }
    return problems;
  });
}

function checkCanary(
  name: string,
  { canary, targets }: ParsedConfig['routes'][string],
  models: readonly string[],
): readonly PlacedProblem[] {
  if (canary === undefined) return [];
  const path = ['routes', name, 'canary', 'model'];
  if (!models.includes(canary.model)) {
    return [{ path, message: `no model is called ${quote(canary.model, models)}` }];
  }
  if (targets.every((target) => target.model !== canary.model)) return [];
  const message = `"${canary.model}" is a target already; take it out there, or its share is more`;
  return [{ path, message }];
}
