/**
 * Holds texts against JSON Schemas in a thread of its own: compiling a caller's schema takes
 * milliseconds for each property, and a caller's pattern can take for ever. Both would stop the
 * leases, timers and streams of every other call in this process.
 *
 * T1. The thread starts with the first check, so jobs without a schema cost nothing.
 * T2. One check at a time, each with a limit; one that passes it ends the thread, and the next
 *     check gets a new one. Tenants take turns.
 * T3. Whatever happens to the thread is an outcome of the check, never an exception.
 * T4. A thread that dies by itself may have died of an earlier check, so the one that it had is
 *     given to the next thread, once.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { TenantId } from '@forebay/shared/domain/ids';
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import { describeMiss, type Finding } from './describe-miss.ts';
import { type ThreadReply, type ThreadTask, threadSource } from './thread-source.ts';

export interface OutputCheck {
  readonly tenant: TenantId;
  readonly schema: JsonObject;
  readonly text: string;
}

export interface CheckEnd {
  /** Where and how the text misses the schema; `undefined` when it does not. */
  readonly miss: string | undefined;
  /** It passed a limit, of time or memory, so nobody knows. */
  readonly isLate: boolean;
}

export interface SchemaThread {
  check(task: OutputCheck): Promise<CheckEnd>;
  close(): Promise<void>;
}

export interface SchemaThreadDeps {
  readonly clock: Clock;
  readonly compileMs: number;
  readonly checkMs: number;
}

/** What is told of a text that does not even parse. */
export const notJson = 'it is no JSON';

const notChecked = 'it could not be checked';

/** Far more than a schema of the largest size needs. */
const heapMegabytesMax = 256;

interface Check extends OutputCheck {
  readonly resolve: (end: CheckEnd) => void;
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
  /** By tenant, whose turn it is first. */
  readonly waiting: Map<TenantId, readonly Check[]>;
  running: Running | undefined;
}

export function createSchemaThread(deps: SchemaThreadDeps): SchemaThread {
  const state: State = { deps, waiting: new Map(), running: undefined };
  return {
    check: (task) =>
      new Promise((resolve) => {
        const before = state.waiting.get(task.tenant) ?? [];
        state.waiting.set(task.tenant, [...before, { ...task, resolve }]);
        proceed(state);
      }),
    async close() {
      await state.running?.thread.terminate();
    },
  };
}

function proceed(state: State): void {
  if (state.running?.current !== undefined) return;
  const next = takeNext(state.waiting);
  if (next !== undefined) assign(state, next);
}

/** Who had a turn is last. */
function takeNext(waiting: State['waiting']): Check | undefined {
  const [turn] = waiting;
  if (turn === undefined) return undefined;
  const [tenant, [next, ...rest]] = turn;
  waiting.delete(tenant);
  if (rest.length > 0) waiting.set(tenant, rest);
  return next;
}

function assign(state: State, check: Check): void {
  state.running ??= start(state);
  state.running.current = check;
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
  const timeMs = state.deps.compileMs;
  limitTime(state, running, { timeMs, text: 'its schema took too long to compile' });
  running.thread.postMessage({ schema: JSON.stringify(schema), text } satisfies ThreadTask);
}

function limitTime(
  state: State,
  running: Running,
  { timeMs, text }: { readonly timeMs: number; readonly text: string },
): void {
  running.timer?.cancel();
  running.timer = state.deps.clock.schedule(timeMs, () =>
    abandon(state, running, { miss: text, isLate: true }),
  );
}

function take(state: State, running: Running, reply: ThreadReply): void {
  switch (reply.kind) {
    case 'ready':
      running.isReady = true;
      send(state, running);
      return;
    case 'compiled': {
      const timeMs = state.deps.checkMs;
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
    const miss = isFinding ? describeMiss(current.schema, found) : found;
    current.resolve({ miss, isLate: false });
  }
  proceed(state);
}

/** T4. */
function replace(state: State, running: Running): void {
  const { current } = running;
  if (current === undefined || current.isSecond === true) {
    abandon(state, running, { miss: notChecked, isLate: true });
    return;
  }
  discard(state, running);
  assign(state, { ...current, isSecond: true });
}

/** T2. */
function abandon(state: State, running: Running, end: CheckEnd): void {
  const { current } = running;
  discard(state, running);
  current?.resolve(end);
  proceed(state);
}

function discard(state: State, running: Running): void {
  if (state.running === running) state.running = undefined;
  running.timer?.cancel();
  running.current = undefined;
  void running.thread.terminate();
}
