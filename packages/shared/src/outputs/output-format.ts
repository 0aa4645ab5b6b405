/** The form that a request demands of its answer, and what becomes of one that misses it. */

import type { OnMiss } from '../domain/job.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { JobKind } from '../domain/model-catalog.ts';

export type OutputFormat =
  | { readonly kind: 'text' }
  /** Any JSON object. */
  | { readonly kind: 'json' }
  /** `path` leads to the schema within the body. */
  | { readonly kind: 'schema'; readonly schema: JsonObject; readonly path: readonly string[] };

/** Chat says it in `response_format`, Responses in `text.format`. */
export function readOutputFormat(kind: JobKind, body: JsonObject): OutputFormat {
  if (kind === 'chat.completions') {
    const format = body['response_format'];
    const named = isJsonObject(format) ? format['json_schema'] : undefined;
    return formatOf(format, named, ['response_format', 'json_schema', 'schema']);
  }
  const text = kind === 'responses' ? body['text'] : undefined;
  const format = isJsonObject(text) ? text['format'] : undefined;
  return formatOf(format, format, ['text', 'format', 'schema']);
}

function formatOf(
  format: Json | undefined,
  holder: Json | undefined,
  path: readonly string[],
): OutputFormat {
  const type = isJsonObject(format) ? format['type'] : undefined;
  if (type === 'json_object') return { kind: 'json' };
  const schema = isJsonObject(holder) ? holder['schema'] : undefined;
  if (type !== 'json_schema' || !isJsonObject(schema)) return { kind: 'text' };
  return { kind: 'schema', schema, path };
}

/**
 * What answers are held against: a schema unless the caller takes whatever comes, plain JSON only
 * if the caller says what a miss means. Everything else costs nothing.
 */
export function formatToCheck(format: OutputFormat, onMiss: OnMiss | undefined): OutputFormat {
  const isChecked = format.kind === 'schema' ? onMiss !== 'accept' : isStrict(onMiss);
  return isChecked ? format : { kind: 'text' };
}

function isStrict(onMiss: OnMiss | undefined): boolean {
  return onMiss === 'fail' || onMiss === 'move_on';
}

/** A tool whose calls must match its parameters, because the request says `strict`. */
export interface StrictTool {
  readonly name: string;
  readonly schema: JsonObject;
  /** Leads to the schema within the body. */
  readonly path: readonly string[];
}

/** Chat wraps a tool in `function`, Responses does not. */
export function readStrictTools(kind: JobKind, body: JsonObject): readonly StrictTool[] {
  const { tools } = body;
  if (kind === 'embeddings' || !Array.isArray(tools)) return [];
  const inner = kind === 'chat.completions' ? ['function'] : [];
  return tools.flatMap((tool: Json, index) => {
    const wrapped = isJsonObject(tool) && inner.length > 0 ? tool['function'] : tool;
    if (!isJsonObject(wrapped) || wrapped['strict'] !== true) return [];
    const { name, parameters } = wrapped;
    if (typeof name !== 'string' || !isJsonObject(parameters)) return [];
    return [{ name, schema: parameters, path: ['tools', `${index}`, ...inner, 'parameters'] }];
  });
}
