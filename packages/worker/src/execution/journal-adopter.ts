/** Settles answers that dead processes left in their journals on this disk (S6, P11). */
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { adoptDeadJournals } from './answer-journal.ts';
import { type AnswerKeeperDeps, createAnswerKeeper } from './keep-answer.ts';

export interface JournalAdopterDeps extends Omit<AnswerKeeperDeps, 'journal'> {
  /** Where all journals of this disk stand. */
  readonly directory: string;
  readonly intervalMs: number;
}

export function createJournalAdopter(deps: JournalAdopterDeps): Service {
  return createLoop({
    name: 'journal-adopter',
    clock: deps.clock,
    intervalMs: deps.intervalMs,
    onError: (error) => deps.events.emit('loop.failed', { loop: 'journal-adopter', error }),
    round: async () => {
      for (const journal of await adoptDeadJournals(deps.directory, deps.clock)) {
        await createAnswerKeeper({ ...deps, journal }).replay();
        await journal.close();
      }
      return false;
    },
  });
}
