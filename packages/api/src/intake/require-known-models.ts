/**
 * Refuses preferences for models that there are not, and routes in a list of models: a slip must
 * not count as no wish at all, and part of a list must not be dropped without a word.
 */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
import { resolveAlias } from '@forebay/shared/routing/resolve-alias';
import { requestProblem } from './request-problems.ts';

export interface GivenNames {
  /** Where the list stands in the request. */
  readonly path: readonly string[];
  readonly names: readonly string[];
}

/** @throws ForebayError `invalid_request` for the first name that no model or alias has. */
export function requireKnownModels(catalog: Catalog, lists: readonly GivenNames[]): void {
  for (const { path, names } of lists) {
    const index = names.findIndex((name) => !isKnownModel(catalog, name));
    const name = names[index];
    if (name === undefined) continue;
    const hint = didYouMean(name, [...catalog.models.keys(), ...catalog.aliases.keys()]);
    const expected = `expected a model or an alias, got "${name}"${hint}`;
    throw requestProblem([...path, index], expected);
  }
}

/**
 * @param models the caller's list; empty for a single name
 * @param nowMs the store's time, by which aliases are read
 * @throws ForebayError `invalid_request` for the first name that is, or stands for, a route.
 */
export function requireNoRoutes(catalog: Catalog, models: readonly string[], nowMs: number): void {
  for (const [index, name] of models.entries()) {
    const target = resolveAlias(catalog, name, nowMs);
    if (!catalog.routes.has(target)) continue;
    const what = target === name ? 'is a route' : `stands for the route "${target}"`;
    const expected = `expected a model: "${name}" ${what}; a list takes models`;
    throw requestProblem(['models', index], expected);
  }
}

export function isKnownModel({ models, aliases }: Catalog, name: string): boolean {
  return models.has(name) || aliases.has(name);
}
