/** Where a named price is looked up: the operator's file of prices first, then the snapshot. */
import { didYouMean } from '../domain/nearest-name.ts';
import { type ListedModel, listedNames, listedPrice, listedPriceAt } from './price-list.ts';
import type { NamedPrice } from './price-row-of.ts';
import type { ParsedPrice } from './price-schema.ts';

export interface PriceBook {
  /** The row of this name, such as `openai/gpt-5`. */
  find(name: string): NamedPrice | undefined;
  /** The row of what a service calls its model, found by the URL of the service. */
  findAt(baseUrl: string, model: string): NamedPrice | undefined;
  /** A hint at a name that was probably meant, or why this one has none; else empty. */
  suggestion(name: string): string;
  /** Why a model has no price that the list knows; empty when it does not. */
  reasonAt(baseUrl: string, model: string): string;
}

/** @param rows the operator's own, by name; they win over the snapshot. */
export function createPriceBook(rows: Readonly<Record<string, ParsedPrice>>): PriceBook {
  const own = new Map(Object.entries(rows));
  const find = (name: string): NamedPrice | undefined => {
    const price = own.get(name);
    if (price !== undefined) return { name, price };
    const { provider, model } = splitName(name);
    return pricedOf(listedPrice(provider, model));
  };
  return {
    find,
    findAt(baseUrl, model) {
      const listed = listedPriceAt(baseUrl, model);
      // The service is known by its URL, and its row in the operator's file wins.
      return listed && (find(listed.name) ?? pricedOf(listed));
    },
    suggestion(name) {
      const { provider, model } = splitName(name);
      const reason = reasonOf(listedPrice(provider, model));
      return reason === '' ? didYouMean(name, [...own.keys(), ...listedNames(provider)]) : reason;
    },
    reasonAt: (baseUrl, model) => reasonOf(listedPriceAt(baseUrl, model)),
  };
}

function pricedOf(listed: ListedModel | undefined): NamedPrice | undefined {
  if (listed === undefined) return undefined;
  const { name, price } = listed;
  return typeof price === 'string' ? undefined : { name, price };
}

function reasonOf(listed: ListedModel | undefined): string {
  if (typeof listed?.price !== 'string') return '';
  return ` (${listed.price}; an own price must hold all that a call can cost, with per_request)`;
}

function splitName(name: string): { readonly provider: string; readonly model: string } {
  const slash = name.indexOf('/');
  return { provider: name.slice(0, Math.max(slash, 0)), model: name.slice(slash + 1) };
}
