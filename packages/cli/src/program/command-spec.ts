/**
 * What a command is, as data: the parser, the help, the shell completion and docs/cli.md are all
 * made from it, so none of them can forget one.
 */
import type { CommandInput } from './command-input.ts';

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** Any number of them. */
  readonly variadic?: boolean;
  /** Fixed values. */
  readonly choices?: readonly string[];
  /** What a shell offers when there are no fixed values. */
  readonly completes?: 'file';
}

export interface OptionSpec {
  /** Long form without the dashes, such as `max-cost`. */
  readonly name: string;
  /** Placeholder of the value; a switch has none. */
  readonly value?: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly completes?: 'file';
  /** May be given several times. */
  readonly repeatable?: boolean;
  /** What values pass, a pattern in most cases, and for the error what one should have been. */
  readonly expected?: { readonly pattern: Pick<RegExp, 'test'>; readonly text: string };
}

export interface CommandExample {
  readonly command: string;
  readonly explains: string;
}

/** Runs the command. @returns the exit code. */
export type RunCommand = (input: CommandInput) => Promise<number>;

export interface CommandSpec {
  /** Words after `forebay`, such as `key create`. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  /** What the summary leaves out. */
  readonly notes?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  /** Its own; `command-options.ts` adds those of its group. */
  readonly options: readonly OptionSpec[];
  /** `caller` commands speak to the API, `local` ones do not, `server` ones serve. */
  readonly group: 'caller' | 'local' | 'server';
  readonly examples: readonly CommandExample[];
  /** Loads the code only when the command runs, so that help and completion are quick. */
  readonly load: () => Promise<RunCommand>;
}

/** What 0 and 1 mean differs by command; the rest is the same everywhere. */
export const exitCodes = [
  [0, 'done, and as it should be'],
  [1, 'done, but not as it should be: a job failed, a line was rejected, a check found something'],
  [2, 'used wrongly: arguments, settings, or a request that the API refuses as it is'],
  [3, 'not possible now: the API or the store cannot be reached, or is overloaded'],
  [130, 'interrupted'],
] as const;
