/**
 * Fields whose cost nobody can bound before the call: the provider would fetch, remember, search
 * or choose something that is not in the request. Each is refused by name, with a remedy.
 * Content parts with the same trouble are found where the prompt is measured.
 */
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';

export interface UnboundedField {
  /** The field as the caller wrote it, such as `tools[1].type`. */
  readonly param: string;
  /** Why its cost is open, and what to do instead. */
  readonly detail: string;
}

const hosted = 'runs tools at the provider; search first and put what you found into the messages';
const elsewhere = 'may choose another model at another price; name models in `models` of the job';
const stored = 'stands for text that the provider keeps; send the text itself';

/** Top-level fields that are refused whenever they are given. */
const refusedFields: ReadonlyMap<string, string> = new Map([
  ['prompt', stored],
  ['previous_response_id', stored],
  ['conversation', stored],
  ['background', 'makes the provider run the call out of sight; every job is asynchronous already'],
  ['prediction', 'bills rejected prediction tokens on top of the output cap; leave it out'],
  ['audio', 'is billed by rules of its own; ask for text'],
  ['web_search_options', hosted],
  ['web_search', hosted],
  ['enable_search', hosted],
  ['search_parameters', hosted],
  ['plugins', hosted],
  ['data_sources', hosted],
  ['tool_resources', stored],
  ['attachments', stored],
  ['file_ids', stored],
  ['models', elsewhere],
  ['fallbacks', elsewhere],
  ['route', elsewhere],
  ['provider', elsewhere],
  ['best_of', 'bills answers that are not returned; use `n`'],
  ['use_beam_search', 'bills answers that are not returned; leave it out'],
  ['extra_body', 'hides fields from the cost check; put them at the top level of `body`'],
]);

const freeTiers: readonly unknown[] = ['default', 'auto'];

/** Tools that the caller runs itself. */
const ownTools: readonly unknown[] = ['function', 'custom'];

/** Nobody reads more, and a body of some megabytes could name millions. */
const toolsMax = 32;

/** Finds the fields of a request whose cost cannot be bounded. */
export function findUnboundedFields(body: JsonObject): readonly UnboundedField[] {
  const refused = [...refusedFields].filter(([param]) => isGiven(body[param]));
  return [
    ...refused.map(([param, why]) => ({ param, detail: `\`${param}\` ${why}` })),
    ...findTier(body),
    ...findModality(body),
    ...findHostedTools(body),
  ];
}

function findTier(body: JsonObject): readonly UnboundedField[] {
  const tier = body['service_tier'];
  if (!isGiven(tier) || freeTiers.includes(tier)) return [];
  const detail = '`service_tier` changes the price; leave it out or use "default" or "auto"';
  return [{ param: 'service_tier', detail }];
}

function findModality(body: JsonObject): readonly UnboundedField[] {
  const modalities = body['modalities'];
  if (!isGiven(modalities)) return [];
  if (Array.isArray(modalities) && modalities.every((name) => name === 'text')) return [];
  const detail = '`modalities` other than ["text"] are billed by rules of their own; ask for text';
  return [{ param: 'modalities', detail }];
}

function findHostedTools(body: JsonObject): readonly UnboundedField[] {
  const tools = body['tools'];
  if (!Array.isArray(tools)) return [];
  const found: UnboundedField[] = [];
  for (const [index, tool] of tools.entries()) {
    if (isJsonObject(tool) && ownTools.includes(tool['type'])) continue;
    const detail = `\`tools[${index}]\` ${hosted}; tools of type "function" and "custom" are fine`;
    found.push({ param: `tools[${index}].type`, detail });
    if (found.length >= toolsMax) break;
  }
  return found;
}

/** SDKs send null, false and empty lists for fields that nobody set. */
function isGiven(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !(Array.isArray(value) && value.length === 0);
}
