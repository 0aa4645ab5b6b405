/** The configuration file as JSON Schema: for suggestions, for the docs and for editors. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

/** What may be written; exact forms of texts are in the descriptions of the schema. */
export const configJsonSchema: z.core.JSONSchema.BaseSchema = z.toJSONSchema(configSchema, {
  io: 'input',
  unrepresentable: 'any',
});
