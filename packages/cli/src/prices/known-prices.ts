/** The prices that a configuration can name: a file's rows before those of the list. */
import { listedPrices } from '@forebay/shared/config/price-list';
import type { NamedPrice } from '@forebay/shared/config/price-row-of';
import { readPriceFile } from '@forebay/shared/config/read-price-file';
import type { OptionValues } from '../program/command-input.ts';
import { UsageError } from '../program/usage-error.ts';
import { readText } from '../terminal/read-text.ts';

/** @throws UsageError when `--file` names no file of prices. */
export async function knownPrices(options: OptionValues): Promise<readonly NamedPrice[]> {
  const prices = new Map((await listedPrices()).map((each) => [each.name, each]));
  for (const each of rowsOf(options.text('file'))) prices.set(each.name, each);
  return [...prices.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function rowsOf(file: string | undefined): readonly NamedPrice[] {
  if (file === undefined) return [];
  const read = readPriceFile(readText(file));
  if (read.kind === 'read') {
    return Object.entries(read.rows).map(([name, price]) => ({ name, price }));
  }
  const [first] = read.problems;
  throw new UsageError(`${file}:${first?.line ?? 1}: ${first?.message ?? 'no file of prices'}`);
}
