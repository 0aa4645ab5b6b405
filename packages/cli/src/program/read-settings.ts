/** The environment of a command that runs with an installation's own variables. */
import { type EnvSource, type ForebayEnv, readEnv } from '@forebay/shared/config/read-env';
import { UsageError } from './usage-error.ts';

/** @throws UsageError with every problem, one a line. */
export function readSettings(source: EnvSource): ForebayEnv {
  const read = readEnv(source);
  if (read.kind === 'ok') return read.env;
  throw new UsageError(read.problems.map(({ message }) => message).join('\n'));
}
