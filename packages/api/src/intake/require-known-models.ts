/**
 * Refuses preferences for models that there are not, and routes in a list of models: a slip must
 * not count as no wish at all, and part of a list must not be dropped without a word.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
import { resolveAlias } from '@forebay/shared/routing/resolve-alias';
import { requestProblem } from './request-problems.ts';

export interface GivenNames {
  /** Where the list stands in the request. */
  readonly path: readonly string[];
  readonly names: readonly string[];
}

/** @throws ForebayError `invalid_request` with every name that no model or alias has. */
export function requireKnownModels(catalog: Catalog, lists: readonly GivenNames[]): void {
  const problems = lists.flatMap(({ path, names }) =>
    names.flatMap((name, index) => {
      if (isKnownModel(catalog, name)) return [];
      const hint = didYouMean(name, [...catalog.models.keys(), ...catalog.aliases.keys()]);
      const expected = `expected a model or an alias, got "${name}"${hint}`;
      return [requestProblem([...path, index], expected)];
    }),
  );
  throwFirst(problems);
}

/**
 * @param models the caller's list; empty for a single name
 * @param nowMs the store's time, by which aliases are read
 * @throws ForebayError `invalid_request` with every name that is, or stands for, a route.
 */
export function requireNoRoutes(catalog: Catalog, models: readonly string[], nowMs: number): void {
  const problems = models.flatMap((name, index) => {
    const target = resolveAlias(catalog, name, nowMs);
    if (!catalog.routes.has(target)) return [];
    const what = target === name ? 'is a route' : `stands for the route "${target}"`;
    const expected = `expected a model: "${name}" ${what}; a list takes models`;
    return [requestProblem(['models', index], expected)];
  });
  throwFirst(problems);
}

/** @throws ForebayError the first problem, if there is any, which tells of all. */
function throwFirst(problems: readonly ForebayError[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const { code, message, param } = first;
  const errors = problems.flatMap((problem) => problem.errors);
  throw new ForebayError(code, message, { ...(param === undefined ? {} : { param }), errors });
}

export function isKnownModel({ models, aliases }: Catalog, name: string): boolean {
  return models.has(name) || aliases.has(name);
}
