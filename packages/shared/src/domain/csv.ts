/** Comma-separated values as RFC 4180 has them. */

/** One line, with its end. A value with a comma, a quote or a line break stands in quotes. */
export function csvLine(values: readonly string[]): string {
  return `${values.map(quoted).join(',')}\r\n`;
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
