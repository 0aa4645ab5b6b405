/** What every process does first: read the environment, then the configuration file it names. */
import { readFileSync } from 'node:fs';
import { type ForebayConfig, formatConfigProblem, loadConfig } from './load-config.ts';
import { readerBeside } from './read-beside.ts';
import { type EnvSource, type ForebayEnv, readEnv } from './read-env.ts';

export type ProcessConfig =
  | {
      readonly kind: 'ready';
      readonly env: ForebayEnv;
      readonly config: ForebayConfig;
      /** What is served and is probably not what was meant; a line each. */
      readonly warnings: readonly string[];
    }
  /** One line per problem, each naming what to correct. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** @param source this process's own environment when absent. */
export function readProcessConfig(source?: EnvSource): ProcessConfig {
  const read = readEnv(source);
  if (read.kind === 'invalid') {
    return { kind: 'invalid', problems: read.problems.map((problem) => problem.message) };
  }
  const { env } = read;
  let text: string;
  try {
    text = readFileSync(env.configPath, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = `FOREBAY_CONFIG: ${env.configPath} cannot be read (${why})`;
    return { kind: 'invalid', problems: [problem] };
  }
  const { configPath: path, lookup } = env;
  const loaded = loadConfig({ path, text, env: lookup, readBeside: readerBeside(path) });
  if (loaded.kind === 'loaded') {
    const warnings = loaded.warnings.map(formatConfigProblem);
    return { kind: 'ready', env, config: loaded.config, warnings };
  }
  return { kind: 'invalid', problems: loaded.problems.map(formatConfigProblem) };
}
