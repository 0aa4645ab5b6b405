/**
 * Takes prices over from a file: one of ours, or the JSON in which the LiteLLM project lists prices
 * (an object of models, dollars for one token, a member for each kind of token and size).
 *
 * What has no price for text, or says zero, is left out with the reason: nothing is free unless an
 * operator writes so.
 */
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { dearestPrice } from './dearest-price.ts';
import { type PriceOrigin, priceOfEntry } from './price-of-entry.ts';
import type { NamedPrice } from './price-row-of.ts';
import { type ParsedPrice, priceFileSchema } from './price-schema.ts';
import { readPriceFile } from './read-price-file.ts';
import { writePrice } from './write-price.ts';

export type ImportedPrices =
  | {
      readonly kind: 'imported';
      readonly prices: readonly NamedPrice[];
      readonly leftOut: readonly { readonly name: string; readonly why: string }[];
      /** Names that the list has several times at different prices; their dearest amounts hold. */
      readonly joined: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly problems: readonly string[] };

export function importPrices(text: string, origin: PriceOrigin): ImportedPrices {
  const listed = parseList(text);
  return listed === undefined ? takeOurs(text) : takeListed(listed, origin);
}

/** The other list, if the text is one. */
function parseList(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && !('rows' in value) ? value : undefined;
  } catch {
    // Ours is YAML in most cases.
    return undefined;
  }
}

function takeOurs(text: string): ImportedPrices {
  const read = readPriceFile(text);
  if (read.kind === 'read') {
    const prices = Object.entries(read.rows).map(([name, price]) => ({ name, price }));
    return { kind: 'imported', prices, leftOut: [], joined: [] };
  }
  const problems = read.problems.map(
    ({ line, column, path = [], message }) => `${line}:${column}: ${path.join('.')}: ${message}`,
  );
  return { kind: 'unreadable', problems };
}

/** The entry that explains the others. */
const exampleName = 'sample_spec';

function takeListed(listed: JsonObject, origin: PriceOrigin): ImportedPrices {
  const prices = new Map<string, ParsedPrice>();
  const leftOut: { readonly name: string; readonly why: string }[] = [];
  const joined = new Set<string>();
  for (const [key, entry] of Object.entries(listed)) {
    if (key === exampleName || !isJsonObject(entry)) continue;
    const name = nameOf(key, entry);
    const taken = takeEntry(name, entry, origin);
    if (typeof taken === 'string') {
      leftOut.push({ name, why: taken });
      continue;
    }
    const other = prices.get(name);
    const price = other === undefined ? taken : dearestPrice(other, taken);
    if (other !== undefined && price !== other) joined.add(name);
    prices.set(name, price);
  }
  if (prices.size + leftOut.length > 0) {
    const named = [...prices].map(([name, price]) => ({ name, price }));
    return { kind: 'imported', prices: named, leftOut, joined: [...joined] };
  }
  const problem = 'expected `rows`, or an object of models in the form of the LiteLLM price list';
  return { kind: 'unreadable', problems: [problem] };
}

/** One row that a file of prices cannot hold must not spoil all the others. */
function takeEntry(name: string, entry: JsonObject, origin: PriceOrigin): ParsedPrice | string {
  const price = priceOfEntry(name, entry, origin);
  if (typeof price === 'string') return price;
  const checked = priceFileSchema.safeParse({ rows: { [name]: writePrice(price) } });
  if (checked.success) return price;
  const [issue] = checked.error.issues;
  const said = issue?.code === 'invalid_key' ? issue.issues[0] : issue;
  return `a file of prices cannot hold it: ${said?.message}`;
}

/** Some keys begin with their provider and some do not. */
function nameOf(key: string, { litellm_provider: provider }: JsonObject): string {
  if (typeof provider !== 'string' || key.startsWith(`${provider}/`)) return key;
  return `${provider}/${key}`;
}
