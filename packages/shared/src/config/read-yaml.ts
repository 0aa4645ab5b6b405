/** One YAML file of settings: text → `${ENV}` substitution → schema, problems with their places. */
import type { z } from 'zod';
import { describeIssue } from './describe-issue.ts';
import { type EnvLookup, type SourcePosition, YamlSource } from './yaml-source.ts';

/** A problem and its place in the text; `path` is absent where the text itself is broken. */
export interface PlacedText extends SourcePosition {
  readonly path?: readonly PropertyKey[];
  readonly message: string;
}

export type YamlRead<T> =
  | { readonly kind: 'read'; readonly value: T; readonly source: YamlSource }
  | { readonly kind: 'invalid'; readonly problems: readonly PlacedText[] };

export interface YamlForm<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** The same schema as JSON Schema, for suggestions. */
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
  /** Larger files are refused. */
  readonly charactersMax: number;
  /** Values for `${NAME}`; without it the file is taken as it stands. */
  readonly env: EnvLookup | undefined;
}

/** Reads a text; every problem is reported, unless one makes the others meaningless. */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  { schema, jsonSchema, charactersMax, env }: YamlForm<Schema>,
): YamlRead<z.output<Schema>> {
  if (text.length > charactersMax) {
    const message = `expected at most ${charactersMax} characters, got ${text.length}`;
    return { kind: 'invalid', problems: [{ line: 1, column: 1, message }] };
  }
  const source = new YamlSource(text);
  const missing = env === undefined ? [] : source.substitute(env);
  const unreadable = [...source.syntaxProblems(), ...missing];
  if (unreadable.length > 0) return { kind: 'invalid', problems: unreadable };
  const content = readContent(source);
  if (content.kind === 'unreadable') {
    return { kind: 'invalid', problems: [{ line: 1, column: 1, message: content.message }] };
  }
  const parsed = schema.safeParse(content.value);
  if (parsed.success) return { kind: 'read', value: parsed.data, source };
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(jsonSchema, issue, source));
  return { kind: 'invalid', problems };
}

type Content =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'unreadable'; readonly message: string };

function readContent(source: YamlSource): Content {
  try {
    return { kind: 'read', value: source.toValue() };
  } catch (error) {
    // The only failure left after a clean parse: aliases that multiply or point nowhere.
    return { kind: 'unreadable', message: error instanceof Error ? error.message : String(error) };
  }
}
