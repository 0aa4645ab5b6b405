/** What a command gets: its arguments as checked text, and the terminal. */
import type { EnvSource } from '@forebay/shared/config/read-env';
import type { Terminal } from '../terminal/terminal.ts';

export interface CommandInput {
  readonly arguments: readonly string[];
  readonly options: OptionValues;
  readonly terminal: Terminal;
  /** The environment of this process. */
  readonly environment: EnvSource;
  /** Aborts at Ctrl-C; such a command ends with exit code 130. */
  readonly signal: AbortSignal;
}

/** Values by long name. The table has said which of them are switches. */
export interface OptionValues {
  text(name: string): string | undefined;
  isOn(name: string): boolean;
  /** All values of a repeatable option. */
  all(name: string): readonly string[];
}

/** @param values as the parser gives them: text, lists of text, or `true` */
export function readOptionValues(values: ReadonlyMap<string, unknown>): OptionValues {
  return {
    text(name) {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    isOn: (name) => values.get(name) === true,
    all(name) {
      const value = values.get(name);
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}
