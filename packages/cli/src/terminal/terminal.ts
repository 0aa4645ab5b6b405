/**
 * Where a command writes: its result to standard output, words about it beside it, so that a
 * script can take the one without the other.
 */
import { type Colours, createColours } from './colours.ts';
import { harmlessText } from './harmless-text.ts';

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly colours: boolean;
}

export interface Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  /** For standard output. */
  readonly colours: Colours;
  /** Whether a person sees standard error move. */
  readonly showsProgress: boolean;
  readonly progressColumns: number;
  /** Text for standard output, harmless if that is a terminal; nothing under `--json`. */
  out(text: string): void;
  /** One document or line for standard output; nothing without `--json`. */
  document(value: unknown): void;
  /** Words for people; nothing under `--quiet`. */
  note(line: string): void;
  /** What must be seen. */
  complain(line: string): void;
  /** Raw text for standard error, for a line that redraws itself. */
  draw(text: string): void;
}

const columnsWithoutTerminal = 100;

export function createTerminal(options: TerminalOptions): Terminal {
  const { stdout, stderr, json, quiet } = options;
  // A terminal without a size, as some tools make them, reports 0 columns.
  const columns = stderr.columns ?? 0;
  // A file or a pipe gets what was answered, byte by byte.
  const write = (stream: OutputStream, text: string): void =>
    void stream.write(stream.isTTY === true ? harmlessText(text) : text);
  return {
    json,
    quiet,
    colours: createColours(options.colours && stdout.isTTY === true),
    showsProgress: stderr.isTTY === true && !quiet,
    progressColumns: columns > 0 ? columns : columnsWithoutTerminal,
    out(text) {
      if (!json) write(stdout, text);
    },
    document(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    note(line) {
      if (!quiet) write(stderr, `forebay: ${line}\n`);
    },
    complain: (line) => write(stderr, `forebay: ${line}\n`),
    draw: (text) => void stderr.write(text),
  };
}
