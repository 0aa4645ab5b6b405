/** The configuration that `--config` names. */
import {
  type ForebayConfig,
  formatConfigProblem,
  loadConfig,
} from '@forebay/shared/config/load-config';
import { readerBeside } from '@forebay/shared/config/read-beside';
import { readText } from '../terminal/read-text.ts';
import type { CommandInput } from './command-input.ts';
import { UsageError } from './usage-error.ts';

/** `undefined` without the option. @throws UsageError when the configuration has mistakes. */
export function configured({ options, environment }: CommandInput): ForebayConfig | undefined {
  const path = options.text('config');
  if (path === undefined) return undefined;
  const loaded = loadConfig({
    path,
    text: readText(path),
    env: (variable) => environment[variable],
    readBeside: readerBeside(path),
  });
  if (loaded.kind === 'invalid') {
    throw new UsageError(loaded.problems.map(formatConfigProblem).join('\n'));
  }
  return loaded.config;
}
