/** One command of `forebay` from its start to its end, with what it wrote on each stream. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { mainOf, repositoryRoot } from './processes.ts';

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Sends Ctrl-C once either stream holds this. */
  readonly interruptAt?: RegExp;
}

/** Nothing here runs longer; a command that hangs is ended and fails its test. */
const timeoutMs = 30_000;

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const child = spawn(process.execPath, [join(repositoryRoot, mainOf('cli')), ...args], {
    cwd: repositoryRoot,
    env: { ...process.env, ...options.env },
    timeout: timeoutMs,
  });
  const closed = once(child, 'close');
  const texts = { stdout: '', stderr: '' };
  let isInterrupted = false;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
      if (isInterrupted || options.interruptAt?.test(texts[name]) !== true) return;
      isInterrupted = true;
      child.kill('SIGINT');
    });
  }
  // A command that ends early does not read its input to the end.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  await closed;
  return { code: child.exitCode, ...texts };
}
