/** Reads the file of prices that a configuration names. */
import { z } from 'zod';
import { type ParsedPrice, priceFileSchema } from './price-schema.ts';
import { type PlacedText, readYaml } from './read-yaml.ts';

export type PriceFileRead =
  | { readonly kind: 'read'; readonly rows: Readonly<Record<string, ParsedPrice>> }
  | { readonly kind: 'invalid'; readonly problems: readonly PlacedText[] };

/** Enough for every model of every service that a price list knows. */
const charactersMax = 8 * 1024 * 1024;

const jsonSchema: z.core.JSONSchema.BaseSchema = z.toJSONSchema(priceFileSchema, {
  io: 'input',
  unrepresentable: 'any',
});

/** @param text YAML or JSON; signs like `${NAME}` stand for themselves. */
export function readPriceFile(text: string): PriceFileRead {
  const read = readYaml(text, {
    schema: priceFileSchema,
    jsonSchema,
    charactersMax,
    env: undefined,
  });
  return read.kind === 'invalid' ? read : { kind: 'read', rows: read.value.rows };
}
