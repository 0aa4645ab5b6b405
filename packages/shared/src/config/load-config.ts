/**
 * Loads a configuration: YAML → `${ENV}` substitution → schema → references → catalogue. A pure
 * function of its three arguments. Every problem is reported, each with its place in the file.
 */
import type { Catalog } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';
import { checkReferences, type PlacedProblem } from './check-references.ts';
import { configJsonSchema } from './config-json-schema.ts';
import { describeIssue } from './describe-issue.ts';
import { hashOf, resolveCatalog } from './resolve-catalog.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { type EnvLookup, type SourcePosition, YamlSource } from './yaml-source.ts';

export interface ForebayConfig {
  /** Changes with every difference: a short hash of the whole. */
  readonly version: string;
  readonly catalog: Catalog;
  /** For jobs that do not say. */
  readonly defaults: {
    readonly ceilingNanoUsd: NanoUsd;
    readonly deadlineMs: number;
    readonly riskRetries: number;
  };
  readonly webhooks: {
    readonly allowHttp: boolean;
    readonly extraPorts: readonly number[];
  };
}

export interface ConfigProblem {
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The place in the configuration, such as `models.gpt-mini.deployments[0].rpm`. */
  readonly path: string;
  /** What was expected, what was there, and where possible a remedy. */
  readonly message: string;
}

export type LoadConfigResult =
  | { readonly kind: 'loaded'; readonly config: ForebayConfig }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

export interface ConfigText {
  /** Only for messages. */
  readonly path: string;
  readonly text: string;
  /** Values for `${NAME}`. */
  readonly env: EnvLookup;
}

/** Larger files are refused: a configuration is written by people. */
const charactersMax = 2 * 1024 * 1024;

/** Loads a configuration from its text. */
export function loadConfig({ path: file, text, env }: ConfigText): LoadConfigResult {
  const fail = (problems: readonly LooseProblem[]): LoadConfigResult => ({
    kind: 'invalid',
    problems: problems.toSorted(byPlace).map(({ path = [], ...problem }) => ({
      file,
      line: problem.line,
      column: problem.column,
      path: formatPath(path),
      message: problem.message,
    })),
  });
  if (text.length > charactersMax) {
    const message = `expected at most ${charactersMax} characters, got ${text.length}`;
    return fail([{ line: 1, column: 1, message }]);
  }
  const source = new YamlSource(text);
  const unreadable = [...source.syntaxProblems(), ...source.substitute(env)];
  if (unreadable.length > 0) return fail(unreadable);
  const content = readContent(source);
  if (content.kind === 'unreadable') return fail([{ line: 1, column: 1, ...content }]);
  const parsed = configSchema.safeParse(content.value);
  if (!parsed.success) {
    return fail(
      parsed.error.issues.flatMap((issue) => describeIssue(configJsonSchema, issue, source)),
    );
  }
  const problems = checkReferences(parsed.data);
  if (problems.length > 0) return fail(problems.map((problem) => locate(problem, source)));
  return { kind: 'loaded', config: toConfig(parsed.data) };
}

/** One problem as one line: `forebay.yaml:12:5: models.a.rpm: expected …`. */
export function formatConfigProblem(problem: ConfigProblem): string {
  const place = problem.path === '' ? '' : ` ${problem.path}:`;
  return `${problem.file}:${problem.line}:${problem.column}:${place} ${problem.message}`;
}

interface LooseProblem extends SourcePosition {
  readonly path?: readonly PropertyKey[];
  readonly message: string;
}

function byPlace(left: SourcePosition, right: SourcePosition): number {
  return left.line - right.line || left.column - right.column;
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

function locate(problem: PlacedProblem, source: YamlSource): LooseProblem {
  return { ...source.positionOf(problem.path), ...problem };
}

function toConfig(parsed: ParsedConfig): ForebayConfig {
  const content = {
    catalog: resolveCatalog(parsed),
    defaults: Object.freeze({
      ceilingNanoUsd: parsed.defaults.ceiling_usd,
      deadlineMs: parsed.defaults.deadline,
      riskRetries: parsed.defaults.risk_retries,
    }),
    webhooks: Object.freeze({
      allowHttp: parsed.webhooks.allow_http,
      extraPorts: parsed.webhooks.extra_ports,
    }),
  };
  // The catalogue's own version stands for its content.
  const { catalog, ...rest } = content;
  return Object.freeze({ ...content, version: hashOf({ catalog: catalog.version, ...rest }) });
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? String(segment) : `${text}.${String(segment)}`;
  }, '');
}
