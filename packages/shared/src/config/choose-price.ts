/**
 * Which price holds for a deployment. In this order: written beside it, named beside it, written
 * or named beside the model, listed for the service that its URL belongs to, and last what the
 * operator wants for models without a price. There is no other way to a price, so that nothing
 * costs zero for lack of one.
 */
import type { PriceRow } from '../domain/price-row.ts';
import { servesOnlyEmbeddings } from './model-defaults.ts';
import type { PriceBook } from './price-book.ts';
import { type NamedPrice, priceRowOf } from './price-row-of.ts';
import type { ParsedConfig, ParsedDeployment, ParsedModel } from './schema.ts';

export type ChosenPrice =
  | { readonly kind: 'priced'; readonly row: PriceRow }
  /** Why not, and the setting that is to blame, if it is one. */
  | { readonly kind: 'unpriced'; readonly key: string | undefined; readonly message: string };

export interface PricedPlace {
  readonly modelName: string;
  readonly model: ParsedModel;
  readonly deployment: ParsedDeployment;
  readonly config: ParsedConfig;
}

export function choosePrice(place: PricedPlace, book: PriceBook): ChosenPrice {
  const found = findPrice(place, book);
  if (found.kind === 'unpriced') return found;
  const { model, deployment } = place;
  const { name, price } = found.price;
  const isWhole = price.output !== undefined || price.free === true || servesOnlyEmbeddings(model);
  if (!isWhole) {
    return unpriced(`has no output price (${name}); only pure embedding models may leave it out`);
  }
  if (deployment.billed_as === 'batch' && price.batch_multiplier === undefined) {
    const message = `the price ${name} has no batch_multiplier; give one, or bill as standard`;
    return { kind: 'unpriced', key: 'billed_as', message };
  }
  return { kind: 'priced', row: priceRowOf(found.price, deployment.billed_as) };
}

type FoundPrice =
  | { readonly kind: 'found'; readonly price: NamedPrice }
  | Extract<ChosenPrice, { readonly kind: 'unpriced' }>;

function findPrice(place: PricedPlace, book: PriceBook): FoundPrice {
  const { modelName, model, deployment } = place;
  const of = `config/${modelName}`;
  if (deployment.price !== undefined) {
    const name = deployment.name ?? deployment.provider;
    return found({ name: `${of}/${name}`, price: deployment.price });
  }
  if (deployment.price_from !== undefined) return named(deployment.price_from, book, 'price_from');
  if (model.price !== undefined) return found({ name: of, price: model.price });
  if (model.price_from !== undefined) return named(model.price_from, book, undefined);
  return listed(place, book) ?? assumed(place, book);
}

function named(name: string, book: PriceBook, key: string | undefined): FoundPrice {
  const price = book.find(name);
  if (price !== undefined) return found(price);
  const where = 'neither the file of `prices` nor the price list that comes with Forebay';
  const message = `${where} has a price for "${name}"${book.suggestion(name)}`;
  return { kind: 'unpriced', key, message };
}

function listed(place: PricedPlace, book: PriceBook): FoundPrice | undefined {
  const { baseUrl, model } = atService(place);
  const price = baseUrl === undefined ? undefined : book.findAt(baseUrl, model);
  return price && found(price);
}

function atService({ deployment, modelName, config }: PricedPlace) {
  const baseUrl = config.providers[deployment.provider]?.base_url;
  return { baseUrl, model: deployment.model ?? modelName };
}

function assumed(place: PricedPlace, book: PriceBook): FoundPrice {
  const { config } = place;
  if (config.unpriced === 'refuse') {
    const { baseUrl, model } = atService(place);
    const reason = baseUrl === undefined ? '' : book.reasonAt(baseUrl, model);
    const remedy = 'give one here or to the model, or name one with price_from';
    return unpriced(`has no price; ${remedy}${reason}`);
  }
  const name = config.unpriced.allow_at;
  const row = book.find(name);
  if (row === undefined)
    return unpriced(`has no price, and \`unpriced\` names "${name}" without one`);
  const source = `assumed for want of a price of its own: ${row.price.source}`;
  return found({ name: `assumed/${row.name}`, price: { ...row.price, source } });
}

function found(price: NamedPrice): FoundPrice {
  return { kind: 'found', price };
}

function unpriced(message: string): Extract<ChosenPrice, { readonly kind: 'unpriced' }> {
  return { kind: 'unpriced', key: undefined, message };
}
