/**
 * A paid answer is not bought twice: it goes to the fsynced journal before the store hears of it
 * (S6), and what a dead process left in its journal is settled when the next one starts.
 */

import { attemptId } from '@forebay/shared/domain/ids';
import type { JobStore, SettleRequest, SettleResult } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type PersistDeps, persist } from '../settlement/persist.ts';
import { decodeSettlement, encodeSettlement } from '../settlement/settlement-codec.ts';
import type { AnswerJournal } from './answer-journal.ts';

export interface AnswerKeeperDeps extends PersistDeps {
  readonly jobs: Pick<JobStore, 'settle'>;
  readonly journal: AnswerJournal;
}

export interface AnswerKeeper {
  /** Journals the settlement, then writes it to the store until the store has answered. */
  keepAndSettle(request: SettleRequest, model: string): Promise<SettleResult>;
  /** Settles what earlier processes left behind. @returns how many answers there were. */
  replay(): Promise<number>;
}

export function createAnswerKeeper(deps: AnswerKeeperDeps): AnswerKeeper {
  const settle = async (request: SettleRequest, model: string): Promise<SettleResult> => {
    const result = await persist(deps, 'settle', () => deps.jobs.settle(request));
    report(deps, request, { model, result });
    return result;
  };
  return {
    async keepAndSettle(request, model) {
      const id = attemptId(request.id, request.fence);
      crashPoint('worker.before-journal');
      const kept = await keep(deps, id, request);
      crashPoint('worker.after-journal');
      const result = await settle(request, model);
      crashPoint('worker.after-settle');
      if (kept) await deps.journal.markDone(id);
      return result;
    },
    async replay() {
      const entries = deps.journal.pending();
      for (const entry of entries) {
        await settle(decodeSettlement(entry.content), 'replayed');
        await deps.journal.markDone(entry.id);
      }
      return entries.length;
    },
  };
}

async function keep(deps: AnswerKeeperDeps, id: string, request: SettleRequest): Promise<boolean> {
  try {
    await deps.journal.append({ id, content: encodeSettlement(request) });
    return true;
  } catch (error) {
    // Going on is right: without a journal the store is the only place left for the answer.
    deps.events.emit('journal.failed', { error });
    return false;
  }
}

function report(
  deps: AnswerKeeperDeps,
  request: SettleRequest,
  what: { readonly model: string; readonly result: SettleResult },
): void {
  const { model, result } = what;
  const fields = { job: request.id, model, fence: request.fence };
  if (result.kind === 'settled') {
    deps.events.emit('job.ended', { job: request.id, model, state: result.state });
  } else if (result.kind === 'adopted') {
    deps.events.emit('answer.adopted', fields);
  } else {
    deps.events.emit('answer.wasted', fields);
  }
}
