/**
 * Loads a configuration: YAML → `${ENV}` substitution → schema → prices → references → catalogue.
 * It depends on its arguments alone, and on the price list that comes with it. Every problem is
 * reported, each with its place in its file.
 */
import type { Catalog } from '../domain/model-catalog.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { PromotionSettings } from '../domain/promotion.ts';
import type { SignalWeights } from '../tasks/task-signals.ts';
import { checkReferences } from './check-references.ts';
import { warnOfRules } from './check-rules.ts';
import { configJsonSchema } from './config-json-schema.ts';
import { hashOf } from './content-hash.ts';
import type { PlacedProblem } from './placed-problem.ts';
import { createPriceBook, type PriceBook } from './price-book.ts';
import type { ParsedPrice } from './price-schema.ts';
import type { ReadBeside } from './read-beside.ts';
import { readPriceFile } from './read-price-file.ts';
import { type PlacedText, readYaml } from './read-yaml.ts';
import { resolveCatalog } from './resolve-catalog.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import type { EnvLookup, SourcePosition, YamlSource } from './yaml-source.ts';

export interface ForebayConfig {
  /** Changes with every difference: a short hash of the whole. */
  readonly version: string;
  readonly catalog: Catalog;
  /** For jobs that do not say. */
  readonly defaults: {
    readonly ceilingNanoUsd: NanoUsd;
    readonly deadlineMs: number;
    readonly riskRetries: number;
    readonly acceptsLate: boolean;
  };
  /** When jobs that wait too long move. */
  readonly promotion: PromotionSettings;
  readonly webhooks: {
    readonly allowHttp: boolean;
    readonly extraPorts: readonly number[];
  };
  readonly usage: {
    readonly metadataKeys: readonly string[];
    readonly keepMs: number;
  };
  readonly learning: {
    /** File with a trained predictor, seen from the folder of the configuration. */
    readonly artefact?: string | undefined;
  };
  readonly tasks: {
    /** In place of default weights. */
    readonly weights: SignalWeights;
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
  | {
      readonly kind: 'loaded';
      readonly config: ForebayConfig;
      /** What is served and is probably not what was meant. */
      readonly warnings: readonly ConfigProblem[];
    }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

export interface ConfigText {
  /** Only for messages. */
  readonly path: string;
  readonly text: string;
  /** Values for `${NAME}`. */
  readonly env: EnvLookup;
  /** Reads the file of prices, if one is named. */
  readonly readBeside?: ReadBeside;
}

/** Larger files are refused: a configuration is written by people. */
const charactersMax = 2 * 1024 * 1024;

/** Loads a configuration from its text. */
export function loadConfig({ path: file, text, env, readBeside }: ConfigText): LoadConfigResult {
  const read = readYaml(text, {
    schema: configSchema,
    jsonSchema: configJsonSchema,
    charactersMax,
    env,
  });
  if (read.kind === 'invalid') return invalid(file, read.problems);
  const { value: parsed, source } = read;
  const prices = readPrices(parsed.prices, readBeside);
  if (prices.kind === 'missing') {
    const place = source.positionOf(['prices']);
    return invalid(file, [{ ...place, path: ['prices'], message: prices.message }]);
  }
  if (prices.kind === 'invalid') return invalid(prices.path, prices.problems);
  const book = createPriceBook(prices.rows);
  const problems = checkReferences(parsed, book);
  const place = (each: PlacedProblem): PlacedText => locate(each, source);
  if (problems.length > 0) return invalid(file, problems.map(place));
  const warnings = problemsIn(file, warnOfRules(parsed).map(place));
  return { kind: 'loaded', config: toConfig(parsed, book), warnings };
}

type PricesRead =
  | { readonly kind: 'read'; readonly rows: Readonly<Record<string, ParsedPrice>> }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'invalid'; readonly path: string; readonly problems: readonly PlacedText[] };

function readPrices(name: string | undefined, readBeside: ReadBeside | undefined): PricesRead {
  if (name === undefined) return { kind: 'read', rows: {} };
  const file = readBeside?.(name);
  if (file === undefined) return { kind: 'missing', message: 'no files can be read from here' };
  if (file.kind === 'unreadable') {
    return { kind: 'missing', message: `${file.path} cannot be read (${file.why})` };
  }
  const read = readPriceFile(file.text);
  return read.kind === 'read' ? read : { ...read, path: file.path };
}

function invalid(file: string, problems: readonly PlacedText[]): LoadConfigResult {
  return { kind: 'invalid', problems: problemsIn(file, problems) };
}

function problemsIn(file: string, problems: readonly PlacedText[]): readonly ConfigProblem[] {
  return problems.toSorted(byPlace).map(({ path = [], ...problem }) => ({
    file,
    line: problem.line,
    column: problem.column,
    path: formatPath(path),
    message: problem.message,
  }));
}

/** One problem as one line: `forebay.yaml:12:5: models.a.rpm: expected …`. */
export function formatConfigProblem(problem: ConfigProblem): string {
  const place = problem.path === '' ? '' : ` ${problem.path}:`;
  return `${problem.file}:${problem.line}:${problem.column}:${place} ${problem.message}`;
}

function byPlace(left: SourcePosition, right: SourcePosition): number {
  return left.line - right.line || left.column - right.column;
}

function locate(problem: PlacedProblem, source: YamlSource): PlacedText {
  return { ...source.positionOf(problem.path), ...problem };
}

function toConfig(parsed: ParsedConfig, book: PriceBook): ForebayConfig {
  const content = {
    catalog: resolveCatalog(parsed, book),
    defaults: Object.freeze({
      ceilingNanoUsd: parsed.defaults.ceiling_usd,
      deadlineMs: parsed.defaults.deadline,
      riskRetries: parsed.defaults.risk_retries,
      acceptsLate: parsed.defaults.accept_late,
    }),
    promotion: Object.freeze(promotionOf(parsed)),
    webhooks: Object.freeze({
      allowHttp: parsed.webhooks.allow_http,
      extraPorts: parsed.webhooks.extra_ports,
    }),
    usage: Object.freeze({
      metadataKeys: [...new Set(parsed.usage.metadata_keys)],
      keepMs: parsed.usage.keep,
    }),
    learning: Object.freeze(parsed.learning),
    tasks: Object.freeze(parsed.tasks),
  };
  // The catalogue's own version stands for its content.
  const { catalog, ...rest } = content;
  return Object.freeze({ ...content, version: hashOf({ catalog: catalog.version, ...rest }) });
}

function promotionOf({ promotion }: ParsedConfig): PromotionSettings {
  const { to_fallbacks: toFallbacks, ...waits } = promotion;
  return { limits: waits, toFallbacks };
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? String(segment) : `${text}.${String(segment)}`;
  }, '');
}
