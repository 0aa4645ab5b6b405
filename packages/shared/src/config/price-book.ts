/** Where a named price is looked up: the operator's file of prices first, then the snapshot. */
import { didYouMean } from '../domain/nearest-name.ts';
import { listedNames, listedPrice, listedPriceAt } from './price-list.ts';
import type { NamedPrice } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';

export interface PriceBook {
  /** The row of this name, such as `openai/gpt-5`. */
  find(name: string): NamedPrice | undefined;
  /** The row of what a service calls its model, found by the URL of the service. */
  findAt(baseUrl: string, model: string): NamedPrice | undefined;
  /** A hint at a name that was probably meant; empty when none is near. */
  suggestion(name: string): string;
}

/** @param rows the operator's own, by name; they win over the snapshot. */
export function createPriceBook(rows: Readonly<Record<string, ParsedPrice>>): PriceBook {
  const own = new Map(Object.entries(rows));
  const find = (name: string): NamedPrice | undefined => {
    const price = own.get(name);
    if (price !== undefined) return { name, price };
    const { provider, model } = splitName(name);
    return listedPrice(provider, model);
  };
  return {
    find,
    findAt(baseUrl, model) {
      const listed = listedPriceAt(baseUrl, model);
      // The service is known by its URL, and its row in the operator's file wins.
      return listed && (find(listed.name) ?? listed);
    },
    suggestion: (name) =>
      didYouMean(name, [...own.keys(), ...listedNames(splitName(name).provider)]),
  };
}

function splitName(name: string): { readonly provider: string; readonly model: string } {
  const slash = name.indexOf('/');
  return { provider: name.slice(0, Math.max(slash, 0)), model: name.slice(slash + 1) };
}
