/** Settles answers that dead processes left in their journals on this disk (S6, P11). */
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { type AnswerJournal, adoptDeadJournals } from './answer-journal.ts';
import { type AnswerKeeperDeps, createAnswerKeeper } from './keep-answer.ts';

export interface JournalAdopterDeps extends Omit<AnswerKeeperDeps, 'journal'> {
  /** Where all journals of this disk stand. */
  readonly directory: string;
  readonly intervalMs: number;
}

export function createJournalAdopter(deps: JournalAdopterDeps): Service {
  const onError = (error: unknown): void => {
    deps.events.emit('loop.failed', { loop: 'journal-adopter', error });
  };
  return createLoop({
    name: 'journal-adopter',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onError,
    round: async () => {
      const journals = await adoptDeadJournals(deps.directory, deps.clock, onError);
      // One that fails must not keep the others from being settled and given up again.
      for (const journal of journals) await replayAndClose(deps, journal).catch(onError);
      return false;
    },
  });
}

async function replayAndClose(deps: JournalAdopterDeps, journal: AnswerJournal): Promise<void> {
  try {
    await createAnswerKeeper({ ...deps, journal }).replay();
  } finally {
    // What is left in it can be adopted again: a living owner would strand it.
    await journal.close();
  }
}
