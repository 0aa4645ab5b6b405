/** What a call of each model usually costs: as the outcomes say, else by prices. */
import { listedPrices } from '@forebay/shared/config/price-list';
import { priceRowOf } from '@forebay/shared/config/price-row-of';
import type { PriceRow } from '@forebay/shared/domain/price-row';
import type { OutcomeTable } from '@forebay/shared/learning/outcome-table';
import type { CommandInput } from '../program/command-input.ts';
import { configured } from '../program/configured.ts';

export interface UsualCosts {
  /** By model of the table, in US dollars for one call; NaN where nobody knows. */
  readonly costsUsd: readonly number[];
  readonly source: 'outcomes' | 'prices' | 'none';
}

/** Tokens of a usual answer: outcomes without costs do not say how long theirs was. */
const outputTokens = 300;
const nanosPerUsd = 1e9;
const tokensPerRate = 1e6;

/** Costs of two kinds must not be compared: those that tell of more models count, alone. */
export async function usualCosts(input: CommandInput, table: OutcomeTable): Promise<UsualCosts> {
  const measured = table.models.map((_, column) => meanCost(table, column));
  const measuredCount = knownCount(measured);
  if (measuredCount === measured.length) return { costsUsd: measured, source: 'outcomes' };
  const rows = await priceRows(input, table.models);
  const prompts = Math.max(1, table.prompts.length);
  const tokens = table.prompts.reduce((sum, each) => sum + each.inputTokens, 0) / prompts;
  const priced = table.models.map((model) => costOf(rows.get(model), tokens));
  const pricedCount = knownCount(priced);
  if (pricedCount > measuredCount) return { costsUsd: priced, source: 'prices' };
  return { costsUsd: measured, source: measuredCount === 0 ? 'none' : 'outcomes' };
}

function knownCount(costsUsd: readonly number[]): number {
  return costsUsd.filter((cost) => !Number.isNaN(cost)).length;
}

function meanCost(table: OutcomeTable, column: number): number {
  let sum = 0;
  let count = 0;
  for (let at = column; at < table.costsUsd.length; at += table.models.length) {
    const cost = table.costsUsd[at] ?? Number.NaN;
    if (Number.isNaN(cost)) continue;
    sum += cost;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum / count;
}

function costOf(row: PriceRow | undefined, inputTokens: number): number {
  if (row === undefined) return Number.NaN;
  const nanos = Number(row.input) * inputTokens + Number(row.output) * outputTokens;
  return nanos / tokensPerRate / nanosPerUsd + Number(row.perRequest) / nanosPerUsd;
}

/** By name: models of the configuration, then rows of the list such as `openai/gpt-5`. */
async function priceRows(
  input: CommandInput,
  models: readonly string[],
): Promise<ReadonlyMap<string, PriceRow>> {
  const rows = new Map<string, PriceRow>();
  const wanted = new Set(models);
  for (const listed of await listedPrices()) {
    const { name } = listed;
    const short = name.slice(name.indexOf('/') + 1);
    if (!wanted.has(name) && !wanted.has(short)) continue;
    const key = wanted.has(name) ? name : short;
    if (!rows.has(key)) rows.set(key, priceRowOf(listed, 'standard'));
  }
  for (const [name, row] of configuredRows(input)) if (wanted.has(name)) rows.set(name, row);
  return rows;
}

/** @throws UsageError when the configuration has mistakes. */
function configuredRows(input: CommandInput): [string, PriceRow][] {
  return [...(configured(input)?.catalog.models ?? [])].flatMap(
    ([
      name,
      {
        deployments: [first],
      },
    ]) => (first === undefined ? [] : [[name, first.price]]),
  );
}
