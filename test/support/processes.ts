/**
 * Real processes of ours, as a user runs them: the built `dist/main.js` of a package.
 *
 * Everything started here is ended after the test, also when the test fails; a failed test
 * prints the end of each process's output.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFailed, onTestFinished } from 'vitest';
import { waitUntil } from './wait-until.ts';

export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

export interface ProcessOptions {
  /** Shown with the output of a failed test. */
  readonly name: string;
  /** Script and arguments; a relative script is one in the repository. */
  readonly args: readonly [script: string, ...rest: string[]];
  /** Added to this process's own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TestProcess {
  readonly name: string;
  readonly pid: number;
  /** Everything that it wrote so far, both streams in order of arrival. */
  output(): string;
  /** Waits until the output holds a match; fails at once when the process ends before. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends a signal; resolves once the process has ended, unless the signal does not end it. */
  kill(signal: NodeJS.Signals): Promise<void>;
  readonly exited: Promise<ProcessExit>;
}

const lively: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGCONT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
const endPatienceMs = 10_000;
const shownCharacters = 4_000;

/** The entry of a built package. */
export function mainOf(packageName: 'api' | 'worker' | 'simulator' | 'cli'): string {
  return join('packages', packageName, 'dist', 'main.js');
}

/** Starts a process that ends with the running test at the latest. */
export function startProcess(options: ProcessOptions): TestProcess {
  return endAfterTest(launchProcess(options));
}

/** Ends a process with the running test, and shows what it wrote when the test fails. */
export function endAfterTest(handle: TestProcess): TestProcess {
  onTestFinished(() => endProcess(handle));
  onTestFailed(() => {
    process.stderr.write(`\n--- ${handle.name} ---\n${handle.output().slice(-shownCharacters)}\n`);
  });
  return handle;
}

/** Starts a process that the caller ends with `endProcess`, for hooks of a whole file. */
export function launchProcess(options: ProcessOptions): TestProcess {
  const [script, ...rest] = options.args;
  const child = spawn(process.execPath, [join(repositoryRoot, script), ...rest], {
    cwd: options.cwd ?? repositoryRoot,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return handleOf(child, options.name);
}

/** Ends a process politely, then by force; does nothing to one that has ended. */
export async function endProcess(handle: TestProcess): Promise<void> {
  const gone = new AbortController();
  void handle.exited.then(() => gone.abort());
  void handle.kill('SIGCONT');
  void handle.kill('SIGTERM');
  try {
    await waitUntil(() => gone.signal.aborted, { what: 'end', timeoutMs: endPatienceMs });
  } catch {
    // It does not listen; the test is over, so nothing of it is needed any more.
    await handle.kill('SIGKILL');
  }
}

/** Collects what a child writes, from the moment of its start. */
export function handleOf(child: ChildProcess, name: string): TestProcess {
  let text = '';
  const ended = new AbortController();
  const collect = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exited = new Promise<ProcessExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      ended.abort();
      resolve({ code, signal });
    });
  });
  return {
    name,
    pid: child.pid ?? 0,
    output: () => text,
    exited,
    async waitForOutput(pattern, timeoutMs) {
      const find = (): RegExpExecArray | undefined => pattern.exec(text) ?? undefined;
      try {
        const options = { what: `${name} to print ${pattern}`, signal: ended.signal };
        return await waitUntil(find, timeoutMs === undefined ? options : { ...options, timeoutMs });
      } catch (error) {
        const found = find();
        if (found !== undefined) return found;
        throw new Error(`${name} did not print ${pattern}; it said:\n${text}`, { cause: error });
      }
    },
    async kill(signal) {
      child.kill(signal);
      if (!lively.includes(signal)) await exited;
    },
  };
}
