/**
 * A program in a real pseudo-terminal, by `script` of util-linux, which every Debian has. What it
 * shows can be read as it comes, and keys can be typed.
 */
import { spawn } from 'node:child_process';
import { endAfterTest, handleOf, repositoryRoot, type TestProcess } from './processes.ts';

export interface TerminalOptions {
  readonly name: string;
  /** For `sh`; what does not come from the test itself must be quoted. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface TestTerminal extends TestProcess {
  /** As from a keyboard. */
  type(keys: string): void;
}

const columns = 110;

/** Starts it; it ends with the running test at the latest. */
export function startInTerminal({ name, command, env }: TerminalOptions): TestTerminal {
  const sized = `stty cols ${columns} rows 30; ${command}`;
  const child = spawn('/usr/bin/script', ['-qfec', sized, '/dev/null'], {
    cwd: repositoryRoot,
    env: { ...process.env, TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const handle = endAfterTest(handleOf(child, name));
  return { ...handle, type: (keys) => void child.stdin.write(keys) };
}
