/**
 * What of a request a dialect has no form for. It is told by name while the job is planned, so
 * that another model can take it; a field that vanished on the way would change what is answered.
 */
import { anthropicFields } from './anthropic-fields.ts';
import { type CarryTable, isGiven } from './carry-rule.ts';
import { geminiFields } from './gemini-fields.ts';
import type { JsonObject } from './json.ts';
import type { DialectName, JobKind } from './model-catalog.ts';

/** Dialects that requests are translated for. */
export type TranslatedDialect = Exclude<DialectName, 'openai'>;

/** Paths by dialect, such as `messages[0].name`; without the dialects that carry everything. */
export type UncarriedFields = Readonly<Partial<Record<TranslatedDialect, readonly string[]>>>;

/** Enough to know what to change; the list is kept on the job. */
const pathsMax = 4;
const pathCharactersMax = 120;

const tables: Readonly<Record<TranslatedDialect, CarryTable>> = {
  anthropic: anthropicFields,
  gemini: geminiFields,
};

/** What each dialect cannot carry; `undefined` when every one carries all of it. */
export function uncarriedFields(kind: JobKind, body: JsonObject): UncarriedFields | undefined {
  if (kind !== 'chat.completions') return undefined;
  const found: Partial<Record<TranslatedDialect, readonly string[]>> = {};
  for (const dialect of dialects) {
    const paths = findUncarried(dialect, body);
    if (paths.length > 0) found[dialect] = paths;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** The first paths of a chat request that the dialect cannot carry. */
export function findUncarried(dialect: TranslatedDialect, body: JsonObject): readonly string[] {
  const found: string[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (!isGiven(value)) continue;
    const table = tables[dialect];
    const rule = Object.hasOwn(table, field) ? table[field] : undefined;
    found.push(...(rule === undefined ? [field] : rule(value, { field, body })));
    if (found.length >= pathsMax) break;
  }
  return found.slice(0, pathsMax).map((path) => path.slice(0, pathCharactersMax));
}

// `Object.keys` gives texts; these are the keys of the table above.
const dialects = Object.keys(tables) as readonly TranslatedDialect[];
