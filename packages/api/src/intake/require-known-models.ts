/** Refuses preferences for models that there are not: a slip must not count as no wish at all. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
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

export function isKnownModel({ models, aliases }: Catalog, name: string): boolean {
  return models.has(name) || aliases.has(name);
}
