/** Who reads event streams in this process: by job for waking, by key for counting. */
import type { JobId } from '@forebay/shared/domain/ids';
import type { Clock } from '@forebay/shared/runtime/clock';

export interface EventReader {
  /**
   * Waits for something that may be news since the last call.
   *
   * @returns `false` when the time is up or the signal has aborted.
   */
  news(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
}

export interface ReaderBoard {
  add(what: { readonly id: JobId; readonly keyId: string }): EventReader;
  /** Does nothing for a reader that has left. */
  remove(reader: EventReader): void;
  wakeJob(id: JobId): void;
  wakeAll(): void;
  countOfKey(keyId: string): number;
  readonly count: number;
}

interface Seat {
  readonly id: JobId;
  readonly keyId: string;
  readonly wake: () => void;
}

export function createReaderBoard(): ReaderBoard {
  const seats = new Map<EventReader, Seat>();
  const byJob = new Map<JobId, Set<Seat>>();
  const counts = new Map<string, number>();
  const count = (keyId: string, change: 1 | -1): void => {
    const next = (counts.get(keyId) ?? 0) + change;
    if (next > 0) counts.set(keyId, next);
    else counts.delete(keyId);
  };
  return {
    add({ id, keyId }) {
      const { reader, wake } = createReader();
      const seat = { id, keyId, wake };
      seats.set(reader, seat);
      byJob.set(id, (byJob.get(id) ?? new Set()).add(seat));
      count(keyId, 1);
      return reader;
    },
    remove(reader) {
      const seat = seats.get(reader);
      if (seat === undefined) return;
      seats.delete(reader);
      const group = byJob.get(seat.id);
      group?.delete(seat);
      if (group?.size === 0) byJob.delete(seat.id);
      count(seat.keyId, -1);
    },
    wakeJob(id) {
      for (const seat of byJob.get(id) ?? []) seat.wake();
    },
    wakeAll() {
      for (const seat of seats.values()) seat.wake();
    },
    countOfKey: (keyId) => counts.get(keyId) ?? 0,
    get count() {
      return seats.size;
    },
  };
}

/** News that comes while nobody waits is kept as one fact, however often it comes. */
function createReader(): { readonly reader: EventReader; readonly wake: () => void } {
  let hasNews = false;
  let onNews: (() => void) | undefined;
  const take = (): boolean => {
    const had = hasNews;
    hasNews = false;
    return had;
  };
  const reader: EventReader = {
    news: (clock, timeoutMs, signal) =>
      new Promise((resolve) => {
        const finish = (): void => {
          timer.cancel();
          signal.removeEventListener('abort', finish);
          onNews = undefined;
          resolve(take() && !signal.aborted);
        };
        const timer = clock.schedule(Math.max(0, timeoutMs), finish);
        signal.addEventListener('abort', finish, { once: true });
        onNews = finish;
        if (hasNews || signal.aborted) finish();
      }),
  };
  const wake = (): void => {
    hasNews = true;
    onNews?.();
  };
  return { reader, wake };
}
