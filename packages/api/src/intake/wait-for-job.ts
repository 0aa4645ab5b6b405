/**
 * Waiting for jobs: one listener per process, woken by notifications, however many callers wait.
 *
 *  W1. A waiter is registered before its first read, so no change falls between the two.
 *  W2. After a reconnect, and on every sweep, all waited jobs are read again: notifications are
 *      hints and can be lost.
 *  W3. Waiters of one job share one read. Waiters per key are capped; one above the cap is
 *      answered at once.
 *  W4. Once a first read has succeeded, a wait never ends in an error: it ends with the last
 *      record that was seen.
 */
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { JobChange, WakeUps } from '@forebay/shared/ports/wake-ups';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { IntakeEvents } from './intake-events.ts';
import { readRecord } from './read-job.ts';

export interface JobWaitersDeps {
  readonly jobs: Pick<JobStore, 'read'>;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  readonly events: IntakeEvents;
  readonly waitersPerKeyMax: number;
  readonly sweepIntervalMs: number;
}

export interface WaitRequest {
  readonly tenant: TenantId;
  readonly id: JobId;
  /** Whose cap this waiter counts against. */
  readonly keyId: string;
  /** Ends the wait as soon as the version is another one; else only the job's end does. */
  readonly knownVersion: number | undefined;
  readonly timeoutMs: number;
  /** Ends the wait early: the caller hung up, or this process shuts down. */
  readonly signal: AbortSignal;
}

export interface JobWaiters extends Service {
  /**
   * The record once there is something to tell, or as it stands when the time is up.
   *
   * @throws ForebayError `not_found`, or `store_unavailable` when the first read fails.
   */
  waitForJob(request: WaitRequest): Promise<JobRecord>;
  /** Callers waiting right now. */
  readonly count: number;
}

interface Waiter {
  readonly request: WaitRequest;
  latest: JobRecord | undefined;
  readonly finish: () => void;
}

export function createJobWaiters(deps: JobWaitersDeps): JobWaiters {
  const board = createBoard();
  const refresh = (waiters: readonly Waiter[]): Promise<void> => refreshAll(deps, waiters);
  const onChange = (change: JobChange): void => {
    const concerned = board.ofJob(change.id).filter(({ request }) => concerns(request, change));
    if (concerned.length > 0) void refresh(concerned);
  };
  const sweep = createLoop({
    name: 'waiter-sweep',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    round: async () => {
      await refresh(board.all());
      return false;
    },
    // `refresh` reports each failed read itself and does not throw.
    onError: () => undefined,
  });
  let stopListening: (() => void) | undefined;
  return {
    name: 'job-waiters',
    start() {
      stopListening ??= deps.wakeUps.listen({
        onChange,
        onReconnect: () => void refresh(board.all()),
      });
      sweep.start();
    },
    async stop() {
      stopListening?.();
      stopListening = undefined;
      await sweep.stop();
    },
    waitForJob: (request) => waitOnBoard({ deps, board }, request),
    get count() {
      return board.all().length;
    },
  };
}

async function waitOnBoard(
  { deps, board }: { deps: JobWaitersDeps; board: Board },
  request: WaitRequest,
): Promise<JobRecord> {
  const { tenant, id } = request;
  if (board.countOfKey(request.keyId) >= deps.waitersPerKeyMax) return readRecord(deps, tenant, id);
  const { promise: finished, resolve } = deferred();
  const waiter: Waiter = { request, latest: undefined, finish: resolve };
  board.add(waiter);
  const timer = deps.clock.schedule(request.timeoutMs, resolve);
  request.signal.addEventListener('abort', resolve, { once: true });
  try {
    const first = await readRecord(deps, tenant, id);
    waiter.latest ??= first;
    if (isAnswer(request, waiter.latest) || request.signal.aborted) return waiter.latest;
    await finished;
    return waiter.latest;
  } finally {
    board.remove(waiter);
    timer.cancel();
    request.signal.removeEventListener('abort', resolve);
  }
}

/** Reads each waited job once, all in one go, and ends the waits that have their answer. */
async function refreshAll(deps: JobWaitersDeps, waiters: readonly Waiter[]): Promise<void> {
  const groups = new Map<string, Waiter[]>();
  for (const waiter of waiters) {
    const name = `${waiter.request.tenant}/${waiter.request.id}`;
    groups.set(name, [...(groups.get(name) ?? []), waiter]);
  }
  await Promise.all([...groups.values()].map((group) => refreshJob(deps, group)));
}

async function refreshJob(deps: JobWaitersDeps, group: readonly Waiter[]): Promise<void> {
  const request = group[0]?.request;
  if (request === undefined) return;
  try {
    const record = await readRecord(deps, request.tenant, request.id);
    for (const waiter of group) {
      if (waiter.latest === undefined || waiter.latest.version < record.version) {
        waiter.latest = record;
      }
      if (isAnswer(waiter.request, waiter.latest)) waiter.finish();
    }
  } catch (error) {
    // Going on is safe: the waiters keep what they have seen, and the next sweep reads again (W4).
    deps.events.emit('wait.read_failed', { job: request.id, error });
  }
}

function isAnswer(request: WaitRequest, record: JobRecord): boolean {
  if (isTerminal(record.state)) return true;
  return request.knownVersion !== undefined && record.version !== request.knownVersion;
}

/** Spares the read of a change that cannot end the wait. */
function concerns(request: WaitRequest, change: JobChange): boolean {
  return isTerminal(change.state) || request.knownVersion !== undefined;
}

interface Board {
  add(waiter: Waiter): void;
  remove(waiter: Waiter): void;
  ofJob(id: JobId): readonly Waiter[];
  countOfKey(keyId: string): number;
  all(): readonly Waiter[];
}

/** The waiters, by job and counted by key. */
function createBoard(): Board {
  const byJob = new Map<JobId, Set<Waiter>>();
  const counts = new Map<string, number>();
  const count = (keyId: string, change: 1 | -1): void => {
    const next = (counts.get(keyId) ?? 0) + change;
    if (next > 0) counts.set(keyId, next);
    else counts.delete(keyId);
  };
  return {
    add(waiter) {
      const group = byJob.get(waiter.request.id) ?? new Set();
      byJob.set(waiter.request.id, group.add(waiter));
      count(waiter.request.keyId, 1);
    },
    remove(waiter) {
      const group = byJob.get(waiter.request.id);
      if (group?.delete(waiter) !== true) return;
      if (group.size === 0) byJob.delete(waiter.request.id);
      count(waiter.request.keyId, -1);
    },
    ofJob: (id) => [...(byJob.get(id) ?? [])],
    countOfKey: (keyId) => counts.get(keyId) ?? 0,
    all: () => [...byJob.values()].flatMap((group) => [...group]),
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
