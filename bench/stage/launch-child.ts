/**
 * A process of the bench: ours as an operator runs them, or a program of this folder. Its output
 * goes to a file, as in production, so that nobody's reading of it costs anything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface ChildOptions {
  /** What its processor time is shown under. */
  readonly name: string;
  /** A script of the repository and its arguments. */
  readonly args: readonly [script: string, ...rest: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logDir: string;
  /** Arguments for Node, such as those that write a profile. */
  readonly nodeArgs?: readonly string[];
}

export interface BenchChild {
  readonly name: string;
  readonly pid: number;
  /** Waits until the output holds a match. @throws Error with the output when it ends before. */
  waitForOutput(pattern: RegExp): Promise<RegExpExecArray>;
  /** Tells a program of this folder something; resolves with its next message. */
  ask(message: object): Promise<unknown>;
  /** Ends it politely and waits. */
  stop(): Promise<void>;
  /** Ends it at once; for the exit of the bench itself. */
  kill(): void;
}

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));
const pollMs = 20;
const startTimeoutMs = 60_000;

/** The entry of a built package. */
export function mainOf(packageName: 'api' | 'worker' | 'simulator'): string {
  return join('packages', packageName, 'dist', 'main.js');
}

export function launchChild(options: ChildOptions): BenchChild {
  const [script, ...rest] = options.args;
  const logFile = join(options.logDir, `${options.name}.log`);
  const log = openSync(logFile, 'a', 0o600);
  // Programs of this folder are TypeScript; what is measured of ours is what was built.
  const loader = script.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const nodeArgs = [...(options.nodeArgs ?? []), ...loader];
  const child = spawn(process.execPath, [...nodeArgs, join(repositoryRoot, script), ...rest], {
    cwd: repositoryRoot,
    env: { ...options.env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return handleOf(child, options.name, logFile);
}

function handleOf(child: ChildProcess, name: string, logFile: string): BenchChild {
  const ended = new AbortController();
  const exited = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      ended.abort();
      resolve();
    });
  });
  const failed = (what: string): Error =>
    new Error(
      `${name} ${what}; the end of its output:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`,
    );
  return {
    name,
    pid: child.pid ?? 0,
    async waitForOutput(pattern) {
      const deadlineMs = systemClock.monotonicMs() + startTimeoutMs;
      while (systemClock.monotonicMs() < deadlineMs) {
        const match = pattern.exec(readFileSync(logFile, 'utf8'));
        if (match !== null) return match;
        if (!(await wait(systemClock, pollMs, ended.signal))) throw failed('ended');
      }
      throw failed(`did not print ${pattern}`);
    },
    ask(message) {
      return new Promise((resolve, reject) => {
        const onExit = (): void => reject(failed('ended while it was asked'));
        child.once('exit', onExit);
        child.once('message', (answer) => {
          child.off('exit', onExit);
          resolve(answer);
        });
        child.send(message);
      });
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
