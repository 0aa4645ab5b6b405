/**
 * Keeps a claim alive while its call runs, and tells the call when to stop.
 *
 * L1. A renewal that is refused means that the job has moved on: the call is aborted (S7).
 * L2. A renewal that is not answered means nothing: the call goes on, its answer is journalled.
 * L3. Cancel, deadline, lost lease and shutdown are four different causes; the first one stands.
 * L4. The deadline can be moved while the call runs: each renewal brings the one that holds, and a
 *     change that is heard of asks at once.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { WakeUps } from '@forebay/shared/ports/wake-ups';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerEvents } from '../worker-events.ts';

export type AbortCause = 'cancelled' | 'deadline' | 'lost_lease' | 'shutdown';

/** Signals carry it; an abort without a reason makes a new one with a stack trace each time. */
const over = new Error('the call is over');

export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewalMs: number;
}

export interface WatchLeaseDeps {
  readonly jobs: Pick<JobStore, 'renew'>;
  readonly wakeUps: Pick<WakeUps, 'listen'>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
  readonly lease: LeaseTimes;
  /** Aborts when the process must let go of its running calls. */
  readonly handBack: AbortSignal;
}

export interface LeaseWatch {
  /** Aborts when the call must stop. */
  readonly signal: AbortSignal;
  cause(): AbortCause | undefined;
  /** Ends the renewals; resolves when none is under way. */
  stop(): Promise<void>;
}

/** @param claim the record as the claim returned it, and the claim's token. */
export function watchLease(
  deps: WatchLeaseDeps,
  claim: { readonly record: JobRecord; readonly token: string },
): LeaseWatch {
  const { record } = claim;
  const call = new AbortController();
  const done = new AbortController();
  let cause: AbortCause | undefined;
  const abort = (reason: AbortCause): void => {
    cause ??= reason;
    call.abort(over);
  };

  const serverNowMs = (record.leaseUntilMs ?? 0) - deps.lease.leaseMs;
  const endIn = (ms: number): Timer => deps.clock.schedule(ms, () => abort('deadline'));
  let deadline = endIn(record.deadlineAtMs - serverNowMs);
  const renewal = createRenewal(deps, claim, {
    abort,
    done: done.signal,
    moveDeadline(inMs) {
      deadline.cancel();
      deadline = endIn(inMs);
    },
  });
  let asked: Promise<unknown> = Promise.resolve();
  const unlisten = deps.wakeUps.listen({
    onChange(change) {
      if (change.id !== record.id) return;
      if (change.state === 'cancelling') abort('cancelled');
      if (change.state === 'running' && change.version > record.version) {
        asked = asked.then(() => renewal.renew());
      }
    },
    onReconnect() {
      // The next renewal tells about what was missed.
    },
  });
  const onHandBack = (): void => abort('shutdown');
  if (deps.handBack.aborted) onHandBack();
  else deps.handBack.addEventListener('abort', onHandBack, { once: true });

  const renewing = renewal.untilDone();
  return {
    signal: call.signal,
    cause: () => cause,
    async stop() {
      done.abort(over);
      unlisten();
      deps.handBack.removeEventListener('abort', onHandBack);
      await Promise.all([renewing, asked]);
      deadline.cancel();
    },
  };
}

interface Renewing {
  readonly abort: (cause: AbortCause) => void;
  readonly moveDeadline: (inMs: number) => void;
  readonly done: AbortSignal;
}

interface Renewal {
  /** Renews once. @returns whether the claim still holds, as far as anybody knows. */
  renew(): Promise<boolean>;
  untilDone(): Promise<void>;
}

function createRenewal(
  deps: WatchLeaseDeps,
  claim: { readonly record: JobRecord; readonly token: string },
  { abort, moveDeadline, done }: Renewing,
): Renewal {
  const { id, tenant, fence, model } = claim.record;
  const request = { id, tenant, fence, token: claim.token, leaseMs: deps.lease.leaseMs };
  const renew = async (): Promise<boolean> => {
    try {
      const renewal = await deps.jobs.renew(request);
      crashPoint('worker.after-renew');
      if (renewal.kind === 'renewed') {
        if (renewal.cancelRequested) abort('cancelled');
        moveDeadline(renewal.deadlineInMs);
        return true;
      }
      if (!done.aborted) deps.events.emit('lease.lost', { job: id, model, fence });
      abort('lost_lease');
      return false;
    } catch {
      // L2: unanswered is not refused. The store's own retries report the outage.
      deps.events.emit('lease.unanswered', { job: id, model, fence });
      return true;
    }
  };
  return {
    renew,
    async untilDone() {
      while ((await wait(deps.clock, deps.lease.renewalMs, done)) && (await renew()));
    },
  };
}
