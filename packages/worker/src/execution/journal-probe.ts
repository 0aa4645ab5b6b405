/**
 * Finds out that a journal can be written again. A pool whose journal failed takes no jobs, so
 * without this nobody would write and nobody would notice.
 */
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { AnswerJournal } from './answer-journal.ts';

export interface JournalProbeOptions {
  readonly journal: AnswerJournal;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const probeIntervalMs = 5_000;
const probeId = 'probe';

export function createJournalProbe({ journal, clock, onError }: JournalProbeOptions): Service {
  return createLoop({
    name: 'journal-probe',
    clock,
    intervalMs: probeIntervalMs,
    onError,
    round: async () => {
      if (journal.healthy) return false;
      await journal.append({ id: probeId, content: new Uint8Array() });
      await journal.markDone(probeId);
      return false;
    },
  });
}
