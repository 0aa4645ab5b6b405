/** First lines of every generated page: where it comes from, so that nobody edits it by hand. */
export function pageHead(title: string, source: string): string {
  return `# ${title}\n\n<!-- Made from ${source} by \`npm run docs:generate\`; do not edit. -->\n`;
}

/** A Markdown table. Bars inside cells are escaped. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text in code style. */
export function code(text: string): string {
  return `\`${text}\``;
}
