/**
 * Holds texts against JSON Schemas in a thread of its own: compiling a caller's schema takes
 * milliseconds for each property, and a caller's pattern can take for ever. Both would stop the
 * leases, timers and streams of every other call in this process.
 *
 * T1. The thread starts with the first check, so jobs without a schema cost nothing.
 * T2. One check at a time, each with a limit; one that passes it ends the thread, and the next
 *     check gets a new one.
 * T3. Whatever happens to the thread is an outcome of the check, never an exception.
 * T4. A thread that dies by itself may have died of an earlier check, so the one that it had is
 *     given to the next thread, once.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { JsonObject } from '@forebay/shared/domain/json';
import { limits } from '@forebay/shared/domain/limits';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import { describeMiss, type Finding } from './describe-miss.ts';
import { type ThreadReply, type ThreadTask, threadSource } from './thread-source.ts';

export interface SchemaThread {
  /** @returns where and how the text misses the schema; `undefined` when it does not. */
  check(schema: JsonObject, text: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface SchemaThreadDeps {
  readonly clock: Clock;
  /** As in `limits`, unless a test asks for less. */
  readonly compileMs?: number;
  readonly checkMs?: number;
}

/** What is told of a text that does not even parse. */
export const notJson = 'it is no JSON';

const notChecked = 'it could not be checked';

/** Far more than a schema of the largest size needs. */
const heapMegabytesMax = 256;

interface Check {
  readonly schema: JsonObject;
  readonly text: string;
  readonly resolve: (miss: string | undefined) => void;
  /** It was with a thread that died. */
  readonly isSecond?: boolean;
}

/** A thread, and what it works on. */
interface Running {
  readonly thread: Worker;
  isReady: boolean;
  current: Check | undefined;
  timer: Timer | undefined;
}

interface State {
  readonly deps: SchemaThreadDeps;
  readonly waiting: Check[];
  running: Running | undefined;
}

export function createSchemaThread(deps: SchemaThreadDeps): SchemaThread {
  const state: State = { deps, waiting: [], running: undefined };
  return {
    check: (schema, text) =>
      new Promise((resolve) => {
        state.waiting.push({ schema, text, resolve });
        proceed(state);
      }),
    async close() {
      await state.running?.thread.terminate();
    },
  };
}

function proceed(state: State): void {
  if (state.running?.current !== undefined) return;
  const next = state.waiting.shift();
  if (next === undefined) return;
  state.running ??= start(state);
  state.running.current = next;
  if (state.running.isReady) send(state, state.running);
}

function start(state: State): Running {
  const { resolve } = createRequire(import.meta.url);
  const thread = new Worker(threadSource, {
    eval: true,
    workerData: { draft07Path: resolve('ajv'), draft2020Path: resolve('ajv/dist/2020.js') },
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  });
  const running: Running = { thread, isReady: false, current: undefined, timer: undefined };
  thread.on('message', (reply: ThreadReply) => take(state, running, reply));
  thread.on('error', () => replace(state, running)); // T3
  thread.on('exit', () => replace(state, running));
  // Only now: a listener that comes later would keep the process alive again.
  thread.unref();
  return running;
}

function send(state: State, running: Running): void {
  if (running.current === undefined) return;
  const { schema, text } = running.current;
  const timeMs = state.deps.compileMs ?? limits.schemaCompileMs;
  limitTime(state, running, { timeMs, text: 'its schema took too long to compile' });
  running.thread.postMessage({ schema: JSON.stringify(schema), text } satisfies ThreadTask);
}

function limitTime(
  state: State,
  running: Running,
  { timeMs, text }: { readonly timeMs: number; readonly text: string },
): void {
  running.timer?.cancel();
  running.timer = state.deps.clock.schedule(timeMs, () => abandon(state, running, text));
}

function take(state: State, running: Running, reply: ThreadReply): void {
  switch (reply.kind) {
    case 'ready':
      running.isReady = true;
      send(state, running);
      return;
    case 'compiled': {
      const timeMs = state.deps.checkMs ?? limits.outputCheckMs;
      limitTime(state, running, { timeMs, text: 'it took too long to check' });
      return;
    }
    case 'checked':
      conclude(state, running, reply.finding);
      return;
    case 'not_json':
      conclude(state, running, notJson);
      return;
    case 'not_compiled':
      conclude(state, running, 'its schema cannot be compiled');
      return;
    case 'not_checked':
      conclude(state, running, notChecked);
  }
}

function conclude(state: State, running: Running, found: Finding | string | undefined): void {
  running.timer?.cancel();
  const { current } = running;
  running.current = undefined;
  if (current !== undefined) {
    const isFinding = typeof found === 'object';
    current.resolve(isFinding ? describeMiss(current.schema, found) : found);
  }
  proceed(state);
}

/** T4. */
function replace(state: State, running: Running): void {
  const { current } = running;
  if (current !== undefined && current.isSecond !== true) {
    running.current = undefined;
    state.waiting.unshift({ ...current, isSecond: true });
  }
  abandon(state, running, notChecked);
}

/** T2. */
function abandon(state: State, running: Running, text: string): void {
  if (state.running === running) state.running = undefined;
  void running.thread.terminate();
  conclude(state, running, text);
}
