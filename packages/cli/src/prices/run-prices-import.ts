/** `forebay prices import`. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { importPrices } from '@forebay/shared/config/import-prices';
import { readPriceFile } from '@forebay/shared/config/read-price-file';
import { writePrice, writePriceFile } from '@forebay/shared/config/write-price';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { UsageError } from '../program/usage-error.ts';
import { readText } from '../terminal/read-text.ts';
import type { Terminal } from '../terminal/terminal.ts';

export async function runPricesImport(input: CommandInput): Promise<number> {
  const {
    arguments: [file = ''],
    options,
    terminal,
  } = input;
  const asOf = options.text('as-of') ?? new Date(systemClock.nowMs()).toISOString().slice(0, 10);
  const imported = importPrices(readText(file), { source: basename(file), asOf });
  if (imported.kind === 'unreadable') {
    for (const problem of imported.problems) terminal.complain(`${file}:${problem}`);
    return exitCode.wrongUse;
  }
  const only = options.all('only');
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    only.length === 0 || only.some((text) => name.includes(text));
  const prices = imported.prices.filter(isWanted);
  const text = writePriceFile(prices);
  const read = readPriceFile(text);
  if (read.kind === 'invalid') {
    const [first] = read.problems;
    throw new UsageError(`${file} makes rows that cannot be read back: ${first?.message ?? ''}`);
  }
  terminal.document(prices.map(({ name, price }) => ({ name, ...writePrice(price) })));
  writeRows(terminal, options.text('out'), text);
  noteLeftOut(terminal, prices.length, imported.leftOut.filter(isWanted));
  for (const name of imported.joined.filter((each) => isWanted({ name: each }))) {
    terminal.note(`${name} is listed at different prices: the dearest of its amounts are taken`);
  }
  return prices.length > 0 ? exitCode.done : exitCode.notAsExpected;
}

/** @throws UsageError when the file cannot be written. */
function writeRows(terminal: Terminal, out: string | undefined, text: string): void {
  if (out === undefined) {
    terminal.out(text);
    return;
  }
  try {
    writeFileSync(out, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${out} cannot be written (${why}).`);
  }
}

function noteLeftOut(
  terminal: Terminal,
  taken: number,
  leftOut: readonly { readonly why: string }[],
): void {
  terminal.note(`${taken} prices`);
  const counts = new Map<string, number>();
  for (const { why } of leftOut) counts.set(why, (counts.get(why) ?? 0) + 1);
  for (const [why, count] of counts) terminal.note(`${count} left out: ${why}`);
}
