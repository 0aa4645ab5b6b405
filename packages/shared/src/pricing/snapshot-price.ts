/** Turns a price row into the form in which an attempt keeps it. */
import type { Json } from '../domain/json.ts';
import type { PriceRow } from '../domain/price-row.ts';
import type { PriceSnapshot } from '../domain/price-snapshot.ts';

/** Everything that the row says, so that a new kind of price cannot be forgotten here. */
export function snapshotPrice(row: PriceRow): PriceSnapshot {
  return membersOf(row);
}

function membersOf(value: object): PriceSnapshot {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]): [string, Json] => [snakeCase(name), asJson(member)]),
  );
}

function asJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object' && value !== null) return membersOf(value);
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'boolean' ? value : null;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
