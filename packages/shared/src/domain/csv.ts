/**
 * Comma-separated values as RFC 4180 has them, safe to open in a spreadsheet: one takes a cell that
 * begins like a formula for a formula, and runs what some caller of ours has written into it.
 */

/**
 * One line, with its end. A value with a comma, a quote or a line break stands in quotes.
 *
 * @param texts come first; one that could be taken for a formula begins with an apostrophe, and so
 *   does one that begins with an apostrophe: without the first, every text is what it was.
 * @param figures decimal numbers, written as they are.
 */
export function csvLine(texts: readonly string[], figures: readonly string[] = []): string {
  return `${[...texts.map(harmless), ...figures].map(quoted).join(',')}\r\n`;
}

/** The full-width forms are formulas too, for spreadsheets in East Asian languages. */
const formulaStart = /^[=+\-@\t\r\n'＝＋－＠]/;

function harmless(value: string): string {
  return formulaStart.test(value) ? `'${value}` : value;
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
