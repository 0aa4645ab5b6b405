/** `forebay prices show`. */
import { priceRowOf } from '@forebay/shared/config/price-row-of';
import { formatUsd } from '@forebay/shared/domain/money';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { CommandInput } from '../program/command-input.ts';
import { configured } from '../program/configured.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { formatTable } from '../terminal/format-table.ts';
import { knownPrices } from './known-prices.ts';

export async function runPricesShow(input: CommandInput): Promise<number> {
  const {
    arguments: [name = ''],
    terminal,
  } = input;
  const shown = configuredRows(input, name) ?? [{ of: name, row: await namedRow(input, name) }];
  terminal.document(shown.map(({ of, row }) => ({ of, ...viewRow(row) })));
  for (const { of, row } of shown) {
    terminal.out(`${of}: ${row.id}\n${row.source}\n\n${formatTable(head, tableOf(row))}\n`);
  }
  return exitCode.done;
}

interface ShownRow {
  /** A deployment, or the name of the row. */
  readonly of: string;
  readonly row: PriceRow;
}

/** @throws UsageError when the configuration has mistakes. */
function configuredRows(input: CommandInput, name: string): readonly ShownRow[] | undefined {
  const model = configured(input)?.catalog.models.get(name);
  return model?.deployments.map(({ id, price }) => ({ of: id, row: price }));
}

/** @throws UsageError when there is no such row. */
async function namedRow({ options }: CommandInput, name: string): Promise<PriceRow> {
  const prices = await knownPrices(options);
  const price = prices.find((each) => each.name === name);
  if (price !== undefined) return priceRowOf(price, 'standard');
  const hint = didYouMean(
    name,
    prices.map((each) => each.name),
  );
  throw new UsageError(`No price is called "${name}"${hint}.`);
}

const rates = ['input', 'cachedInput', 'cacheWrite', 'output', 'reasoning'] as const;
const head = ['USD for a million tokens', 'input', 'cached', 'cache write', 'output', 'reasoning'];

function tableOf(row: PriceRow): readonly (readonly string[])[] {
  const fixed = [
    ['each call', formatUsd(row.perRequest)],
    ['each image', formatUsd(row.perImage)],
  ].map((line) => [...line, '', '', '', '']);
  return [
    ['any request', ...rates.map((name) => formatUsd(row[name]))],
    ...row.tiers.map((tier) => [
      `above ${tier.aboveInputTokens} input tokens`,
      ...rates.map((name) => formatUsd(tier[name])),
    ]),
    ...fixed,
  ];
}

/** Decimal dollars, as everywhere outside. */
function viewRow({ tiers, perRequest, perImage, asOf, ...row }: PriceRow): object {
  const ratesOf = (of: Pick<PriceRow, (typeof rates)[number]>) => ({
    input: formatUsd(of.input),
    cached_input: formatUsd(of.cachedInput),
    cache_write: formatUsd(of.cacheWrite),
    output: formatUsd(of.output),
    reasoning: formatUsd(of.reasoning),
  });
  return {
    id: row.id,
    source: row.source,
    as_of: asOf ?? null,
    ...ratesOf(row),
    tiers: tiers.map((tier) => ({ above: tier.aboveInputTokens, ...ratesOf(tier) })),
    per_request: formatUsd(perRequest),
    per_image: formatUsd(perImage),
  };
}
