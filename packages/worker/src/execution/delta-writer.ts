/**
 * Shows the text of a running answer while it comes, for jobs that asked for it.
 *
 * D1. The provider's call never waits for it: pieces are taken at once and brought to the store by
 *     themselves, one batch at a time and not more often than the interval.
 * D2. What waits is bounded. A store that is slower than the answer ends the showing of this
 *     attempt; so does the first refusal, because another attempt may be the job's by then.
 * D3. Only an answer whose text was shown to its end is marked as whole. Readers are told about
 *     any other; the answer itself comes with `settle` and does not depend on this.
 * D4. A batch without a reply is sent again under its number, which the store writes once.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { TextDelta } from '@forebay/shared/domain/text-delta';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { DeltaStore } from '@forebay/shared/ports/delta-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { WorkerEvents } from '../worker-events.ts';
import { createDeltaQueue } from './delta-queue.ts';

export interface DeltaWriterDeps {
  readonly deltas: Pick<DeltaStore, 'append'>;
  readonly vault: Pick<PayloadVault, 'seal'>;
  readonly clock: Clock;
  readonly events: WorkerEvents;
}

export interface DeltaWriter {
  /** Takes text to show; never waits and never throws. */
  readonly push: (delta: TextDelta) => void;
  /**
   * Ends the showing. Of an `answered` call what is left is still written, within a short bound;
   * of any other it is dropped.
   */
  finish(how: 'answered' | 'failed' | 'aborted'): Promise<void>;
}

/** @param record as the claim returned it; its fence is the attempt's. */
export function createDeltaWriter(deps: DeltaWriterDeps, record: JobRecord): DeltaWriter {
  const queue = createDeltaQueue();
  /** Aborts when the answer is there: nothing more will be pushed. */
  const ending = new AbortController();
  /** Aborts when nothing more may be written. */
  const closed = new AbortController();
  let batch = 0;
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      const pieces = queue.take(limits.deltasPerBatchMax);
      const isLast = ending.signal.aborted && queue.isEmpty();
      if (pieces.length === 0 && !isLast) break;
      batch += 1;
      const result = await append(deps, { record, batch, pieces, isLast, closed: closed.signal });
      if (isLast || result !== 'appended') closed.abort();
      else await wait(deps.clock, limits.deltaIntervalMs, ending.signal);
    }
    writing = undefined;
  };
  const drop = (): void => {
    closed.abort();
    const { id: job, model, fence } = record;
    deps.events.emit('deltas.dropped', { job, model, fence });
  };
  return {
    push(delta) {
      if (closed.signal.aborted) return;
      queue.add(delta);
      if (queue.characters > limits.deltaPendingCharactersMax) drop();
      else writing ??= write();
    },
    async finish(how) {
      if (how !== 'answered' || (batch === 0 && queue.isEmpty())) closed.abort();
      if (closed.signal.aborted) return;
      ending.abort();
      writing ??= write();
      const overdue = deps.clock.schedule(limits.deltaFinishMs, drop);
      await Promise.race([writing, aborted(closed.signal)]);
      overdue.cancel();
    },
  };
}

interface Batch {
  readonly record: JobRecord;
  readonly batch: number;
  readonly pieces: readonly TextDelta[];
  readonly isLast: boolean;
  readonly closed: AbortSignal;
}

const retryPauseMs = 250;

/** Sends one batch until the store has answered or nothing more may be written. */
async function append(
  deps: DeltaWriterDeps,
  { record, batch, pieces, isLast, closed }: Batch,
): Promise<'appended' | 'refused' | 'unwritten'> {
  const { tenant, id, fence, model } = record;
  const context = { tenant, job: id, field: 'delta' } as const;
  let told = false;
  while (!closed.aborted) {
    try {
      const sealed = await Promise.all(
        pieces.map(({ choice, field, text }) => deps.vault.seal(context, { choice, field, text })),
      );
      return await deps.deltas.append({ tenant, id, fence, batch, pieces: sealed, isLast });
    } catch (error) {
      // Going on is safe: the batch has a number (D4), and the answer does not depend on it (D3).
      if (!told) deps.events.emit('deltas.failed', { job: id, model, fence, error });
      told = true;
      await wait(deps.clock, retryPauseMs, closed);
    }
  }
  return 'unwritten';
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
