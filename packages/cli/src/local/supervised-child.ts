/**
 * A child process that is started again when it dies, until it is told to stop.
 *
 *  C1 A child is in a process group of its own: Ctrl-C in a terminal reaches only the supervisor,
 *     which then ends its children in order.
 *  C2 Every death is reported with the place of its log; restarts back off up to 10 s.
 *  C3 `stop` resolves when the process is really gone; one that does not listen is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface ChildSpec {
  readonly name: string;
  /** Script and arguments for this Node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
}

export interface SuperviseDeps {
  readonly clock: Clock;
  /** Shown to the user. */
  readonly report: (line: string) => void;
  /** Told the process id after every start. */
  readonly onStart: (name: string, pid: number) => void;
}

export interface SupervisedChild {
  readonly name: string;
  readonly logFile: string;
  /** Deaths since the start of the supervisor that nobody asked for. */
  deaths(): number;
  /** Ends it politely, by force after `patienceMs`; safe to call twice. */
  stop(patienceMs: number): Promise<void>;
  /** Kills it now. */
  kill(): void;
}

const firstDelayMs = 200;
const longestDelayMs = 10_000;
/** A child that lived this long starts again without the delays of earlier deaths. */
const steadyAfterMs = 30_000;
const logBytesMax = 10 * 1024 * 1024;

interface State {
  readonly stopping: AbortController;
  readonly ended: AbortController;
  process: ChildProcess | undefined;
  deaths: number;
}

/** Starts the child; a start that fails counts as a death. */
export function superviseChild(deps: SuperviseDeps, spec: ChildSpec): SupervisedChild {
  const state: State = {
    stopping: new AbortController(),
    ended: new AbortController(),
    process: undefined,
    deaths: 0,
  };
  const running = superviseLoop(deps, spec, state);
  return {
    name: spec.name,
    logFile: spec.logFile,
    deaths: () => state.deaths,
    async stop(patienceMs) {
      state.stopping.abort();
      state.process?.kill('SIGTERM');
      const timedOut = await wait(deps.clock, patienceMs, state.ended.signal);
      if (timedOut) {
        deps.report(`${spec.name} does not end by itself; killing it (log: ${spec.logFile})`);
        state.process?.kill('SIGKILL');
      }
      await running;
    },
    kill() {
      state.stopping.abort();
      state.process?.kill('SIGKILL');
    },
  };
}

async function superviseLoop(deps: SuperviseDeps, spec: ChildSpec, state: State): Promise<void> {
  const { signal } = state.stopping;
  let delayMs = firstDelayMs;
  while (!signal.aborted) {
    const startedMs = deps.clock.monotonicMs();
    const end = await runOnce(deps, spec, state);
    if (signal.aborted) break;
    state.deaths += 1;
    if (deps.clock.monotonicMs() - startedMs > steadyAfterMs) delayMs = firstDelayMs;
    deps.report(`${spec.name} ${end}; starting it again in ${delayMs} ms (log: ${spec.logFile})`);
    await wait(deps.clock, delayMs, signal);
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  }
  state.ended.abort();
}

/** Runs one process to its end. @returns how it ended, in words. */
function runOnce(deps: SuperviseDeps, spec: ChildSpec, state: State): Promise<string> {
  const log = openLog(spec.logFile);
  const child = spawn(process.execPath, [...spec.args], {
    detached: true, // C1
    env: spec.env,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  state.process = child;
  if (child.pid !== undefined) deps.onStart(spec.name, child.pid);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`);
    });
  });
}

/** Appends; a log that has grown large is set aside once. */
function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}
