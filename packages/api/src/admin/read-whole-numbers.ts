/** Reads the query of a list of operators: whole numbers by name, and nothing else. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';

/**
 * @param least the parameters that there are, with the smallest value of each.
 * @param most the largest value of those that have one.
 * @throws ForebayError `invalid_request` for any other parameter or value.
 */
export function readWholeNumbers<Name extends string>(
  query: URLSearchParams,
  least: Readonly<Record<Name, number>>,
  most: Readonly<Record<string, number>> = {},
): Partial<Record<Name, number>> {
  const names = Object.keys(least);
  const numbers: Partial<Record<string, number>> = {};
  for (const [name, text] of query) {
    const smallest = Object.entries<number>(least).find(([known]) => known === name)?.[1];
    if (smallest === undefined) throw problem(name, `expected only ${names.join(', ')}`);
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    const largest = most[name];
    if (value < smallest || value > (largest ?? value) || numbers[name] !== undefined) {
      const to = largest === undefined ? '' : ` to ${largest}`;
      throw problem(name, `expected one whole number from ${smallest}${to}`);
    }
    numbers[name] = value;
  }
  // Only names of `least` were written.
  return numbers as Partial<Record<Name, number>>;
}

function problem(name: string, expected: string): ForebayError {
  const shown = name.slice(0, 200);
  const detail = `${JSON.stringify(shown)}: ${expected}.`;
  return new ForebayError('invalid_request', detail, { param: shown });
}
