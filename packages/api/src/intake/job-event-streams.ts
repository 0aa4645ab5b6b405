/**
 * Event streams of jobs: any number of readers over one subscription per process.
 *
 *  E1. A reader is registered before its first read, so that no change falls between the two.
 *  E2. Notifications are hints. After a reconnect, and on every sweep, all readers read again; the
 *      reads of one sweep go to the store together.
 *  E3. A reader keeps its place as an event id and holds one batch at the most. It reads on when
 *      that batch has been taken, so a slow receiver costs no memory.
 *  E4. Streams per key are capped. A stream gives its place back however it ends, also when nobody
 *      ever read from it.
 *  E5. A read that fails after the first one ends nothing: the next sweep reads again.
 *  E6. Whoever may not read on gets nothing more than the reason.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JobId, TenantId } from '@forebay/shared/domain/ids';
import type { JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { WakeUps } from '@forebay/shared/ports/wake-ups';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { refusalIn } from '../http/refusal.ts';
import { createReaderBoard, type EventReader, type ReaderBoard } from './event-readers.ts';
import type { IntakeEvents } from './intake-events.ts';
import { hasEnded, isLastEvent, type JobEvent } from './list-job-events.ts';
import { type NextEvents, type ReadJobEventsDeps, readJobEvents } from './read-job-events.ts';

export interface JobEventStreamsDeps extends ReadJobEventsDeps {
  readonly wakeUps: Pick<WakeUps, 'listen'>;
  readonly clock: Clock;
  readonly events: IntakeEvents;
  readonly streamsPerKeyMax: number;
  readonly sweepIntervalMs: number;
}

export interface StreamRequest {
  readonly tenant: TenantId;
  readonly id: JobId;
  /** Whose cap this stream counts against. */
  readonly keyId: string;
  /** The last event that the reader has; 0 for none. */
  readonly afterId: number;
  /** The reader hung up, may not read on, or this process shuts down. */
  readonly signal: AbortSignal;
}

/** What a stream gives: events, or nothing for as long as a heartbeat. */
export type StreamItem =
  | {
      readonly kind: 'events';
      readonly events: readonly JobEvent[];
      readonly record: JobRecord;
    }
  | { readonly kind: 'silence' }
  /** It stops before the job's end; the reader may come back for the rest. */
  | { readonly kind: 'pause' }
  /** It stops, because the reader may not read on. */
  | { readonly kind: 'refused'; readonly error: ForebayError };

export type OpenedStream =
  | {
      readonly kind: 'open';
      readonly items: AsyncIterable<StreamItem>;
      /** Gives the stream's place back; needed only if nobody asks for the first item (E4). */
      readonly close: () => void;
    }
  /** The job has ended and the reader has seen it all. */
  | { readonly kind: 'ended' };

export interface JobEventStreams extends Service {
  /**
   * @throws ForebayError `too_many_streams`, `not_found`, `invalid_request` for an id that the job
   *   has not come to, or `store_unavailable`.
   */
  open(request: StreamRequest): Promise<OpenedStream>;
  /** Streams that are open right now. */
  readonly count: number;
}

export function createJobEventStreams(deps: JobEventStreamsDeps): JobEventStreams {
  const board = createReaderBoard();
  const sweep = createLoop({
    name: 'event-stream-sweep',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    round: async () => {
      board.wakeAll();
      return false;
    },
    // Waking cannot fail; each reader reports its own reads.
    onError: () => undefined,
  });
  let stopListening: (() => void) | undefined;
  return {
    name: 'job-event-streams',
    start() {
      stopListening ??= deps.wakeUps.listen({
        onChange: ({ id }) => board.wakeJob(id),
        onDelta: (id) => board.wakeJob(id),
        onReconnect: () => board.wakeAll(),
      });
      sweep.start();
    },
    async stop() {
      stopListening?.();
      stopListening = undefined;
      await sweep.stop();
    },
    open: (request) => openStream(deps, board, request),
    get count() {
      return board.count;
    },
  };
}

async function openStream(
  deps: JobEventStreamsDeps,
  board: ReaderBoard,
  request: StreamRequest,
): Promise<OpenedStream> {
  if (board.countOfKey(request.keyId) >= deps.streamsPerKeyMax) throw tooMany(deps);
  const reader = board.add(request);
  const release = (): void => board.remove(reader);
  try {
    const { tenant, id, afterId } = request;
    const first = await readJobEvents(deps, { tenant, id, afterId, known: undefined });
    if (hasEnded(first.record, afterId)) {
      release();
      return { kind: 'ended' };
    }
    if (afterId > first.newestId) throw unknownId();
    const items = follow(deps, { reader, request, release }, first);
    return { kind: 'open', items, close: release };
  } catch (error) {
    release();
    throw error;
  }
}

interface Following {
  readonly reader: EventReader;
  readonly request: StreamRequest;
  readonly release: () => void;
}

async function* follow(
  deps: JobEventStreamsDeps,
  { reader, request, release }: Following,
  first: NextEvents,
): AsyncGenerator<StreamItem, void> {
  const { clock } = deps;
  const { tenant, id, signal } = request;
  const endsAtMs = clock.monotonicMs() + limits.eventStreamMaxSeconds * 1000;
  let heardAtMs = clock.monotonicMs();
  let { afterId } = request;
  let next = first;
  try {
    for (;;) {
      const refusal = refusalIn(signal);
      if (refusal !== undefined) {
        yield { kind: 'refused', error: refusal };
        return;
      }
      const { events, record, hasMore } = next;
      const last = events.at(-1);
      if (last !== undefined) {
        afterId = last.id;
        yield { kind: 'events', events, record };
        heardAtMs = clock.monotonicMs();
        if (isLastEvent(last)) return;
      }
      if (!hasMore) {
        // The sweep is news as well, so silence is counted from what the reader last heard.
        const untilMs = Math.min(heardAtMs + limits.eventHeartbeatMs, endsAtMs);
        const isNews = await reader.news(clock, untilMs - clock.monotonicMs(), signal);
        if (refusalIn(signal) !== undefined) continue;
        if (signal.aborted || clock.monotonicMs() >= endsAtMs) {
          yield { kind: 'pause' };
          return;
        }
        if (!isNews) {
          yield { kind: 'silence' };
          heardAtMs = clock.monotonicMs();
        }
      }
      const read = await readOn(deps, { tenant, id, afterId, known: record });
      next = read ?? { ...next, events: [], hasMore: false };
    }
  } finally {
    release();
  }
}

/** `undefined` when this read failed (E5). @throws ForebayError `not_found` for a deleted job. */
async function readOn(
  deps: JobEventStreamsDeps,
  position: Parameters<typeof readJobEvents>[1],
): Promise<NextEvents | undefined> {
  try {
    return await readJobEvents(deps, position);
  } catch (error) {
    if (ForebayError.is(error) && error.code === 'not_found') throw error;
    deps.events.emit('wait.read_failed', { job: position.id, error });
    return undefined;
  }
}

function tooMany(deps: JobEventStreamsDeps): ForebayError {
  return new ForebayError(
    'too_many_streams',
    `This key has ${deps.streamsPerKeyMax} event streams open. Close one, or wait for jobs by ` +
      'webhook or "?wait=".',
    { retryAfterSeconds: 5 },
  );
}

function unknownId(): ForebayError {
  return new ForebayError(
    'invalid_request',
    '"starting_after": expected the id of an event of this job; it has not come that far. Leave ' +
      'it out to begin with the first event.',
    { param: 'starting_after' },
  );
}
