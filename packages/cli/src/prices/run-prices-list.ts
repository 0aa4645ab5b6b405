/** `forebay prices list`. */
import { writePrice } from '@forebay/shared/config/write-price';
import { formatUsd } from '@forebay/shared/domain/money';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { formatTable } from '../terminal/format-table.ts';
import { knownPrices } from './known-prices.ts';

export async function runPricesList(input: CommandInput): Promise<number> {
  const {
    arguments: [wanted = ''],
    options,
    terminal,
  } = input;
  const prices = (await knownPrices(options)).filter(({ name }) => name.includes(wanted));
  const views = prices.map(({ name, price }) => ({ name, ...writePrice(price) }));
  terminal.document(views);
  const rows = prices.map(({ name, price }) => {
    const { input: rate, output, as_of: day = '', source } = price;
    return [name, usd(rate), usd(output), day, source];
  });
  terminal.out(formatTable(['name', 'input USD', 'output USD', 'as of', 'source'], rows));
  if (prices.length > 0) return exitCode.done;
  terminal.complain(`no price has "${wanted}" in its name`);
  return exitCode.notAsExpected;
}

function usd(amount: bigint | undefined): string {
  return amount === undefined ? '' : formatUsd(amount);
}
