/** `forebay prices show`. */
import { formatConfigProblem, loadConfig } from '@forebay/shared/config/load-config';
import { priceRowOf } from '@forebay/shared/config/price-row-of';
import { readerBeside } from '@forebay/shared/config/read-beside';
import { formatUsd } from '@forebay/shared/domain/money';
import { didYouMean } from '@forebay/shared/domain/nearest-name';
import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { formatTable } from '../terminal/format-table.ts';
import { readText } from '../terminal/read-text.ts';
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
function configuredRows(
  { options, environment }: CommandInput,
  name: string,
): readonly ShownRow[] | undefined {
  const path = options.text('config');
  if (path === undefined) return undefined;
  const loaded = loadConfig({
    path,
    text: readText(path),
    env: (variable) => environment[variable],
    readBeside: readerBeside(path),
  });
  if (loaded.kind === 'invalid') {
    throw new UsageError(loaded.problems.map(formatConfigProblem).join('\n'));
  }
  const model = loaded.config.catalog.models.get(name);
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
