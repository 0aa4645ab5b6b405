/**
 * A paid answer is not bought twice: it goes to the fsynced journal before anything else hears of
 * it (S6), and what a dead process left in its journal is settled when the next one starts.
 *
 * K1. The journal holds the whole answer. A large one goes to the object store after that, and
 *     stands beside its record when the object store does not take it.
 * K2. One entry that cannot be read or settled holds up no other one: it is reported and stays.
 *     Only the store's absence ends a replay.
 */

import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { attemptId } from '@forebay/shared/domain/ids';
import type { TerminalJobState } from '@forebay/shared/domain/job-state';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { JobStore, SettleRequest, SettleResult } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type PersistDeps, persist } from '../settlement/persist.ts';
import { decodeSettlement, encodeSettlement } from '../settlement/settlement-codec.ts';
import type { AnswerJournal } from './answer-journal.ts';
import type { JournalEntry } from './journal-frame.ts';

export interface AnswerKeeperDeps extends PersistDeps {
  readonly jobs: Pick<JobStore, 'settle'>;
  readonly vault: Pick<PayloadVault, 'place'>;
  readonly journal: AnswerJournal;
}

export interface AnswerKeeper {
  /**
   * Journals the settlement, then writes it to the store until the store has answered.
   *
   * @param request its result as `PayloadVault.seal` made it, whatever its size.
   * @param shown what must have ended before the store hears of the answer; must not reject.
   */
  keepAndSettle(
    request: SettleRequest,
    model: string,
    shown?: Promise<void>,
  ): Promise<SettleResult>;
  /** Settles what earlier processes left behind (K2). @returns how many answers were settled. */
  replay(): Promise<number>;
}

export function createAnswerKeeper(deps: AnswerKeeperDeps): AnswerKeeper {
  return {
    async keepAndSettle(request, model, shown) {
      const id = attemptId(request.id, request.fence);
      crashPoint('worker.before-journal');
      const kept = await keep(deps, id, request);
      crashPoint('worker.after-journal');
      await shown;
      const result = await settle(deps, request, model);
      crashPoint('worker.after-settle');
      if (kept) await deps.journal.markDone(id);
      return result;
    },
    async replay() {
      let settled = 0;
      for (const entry of deps.journal.pending()) {
        if (await replayEntry(deps, entry)) settled += 1;
      }
      return settled;
    },
  };
}

async function settle(
  deps: AnswerKeeperDeps,
  request: SettleRequest,
  model: string,
): Promise<SettleResult> {
  const placed = { ...request, sealedResult: await place(deps, request) };
  const result = await persist(deps, 'settle', () => deps.jobs.settle(placed));
  report(deps, request, { model, result });
  return result;
}

/** K1. */
async function place(
  deps: AnswerKeeperDeps,
  { id, tenant, sealedResult }: SettleRequest,
): Promise<Uint8Array | undefined> {
  if (sealedResult === undefined) return undefined;
  try {
    return await deps.vault.place({ tenant, job: id, field: 'result' }, sealedResult);
  } catch (error) {
    // The answer is whole as it is; only the store's memory would have liked it elsewhere.
    deps.events.emit('answer.kept_inline', { job: id, error });
    return sealedResult;
  }
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

async function replayEntry(deps: AnswerKeeperDeps, entry: JournalEntry): Promise<boolean> {
  // A probe of the disk whose mark was lost: there is no answer in it.
  if (entry.content.byteLength === 0) {
    await deps.journal.markDone(entry.id);
    return false;
  }
  try {
    await settle(deps, decodeSettlement(entry.content), 'replayed');
  } catch (error) {
    if (ForebayError.is(error) && error.code === 'store_unavailable') throw error;
    // K2: it stays pending, for the next start or for a version that understands it.
    deps.events.emit('journal.entry_failed', { entry: entry.id, error });
    await moveAside(deps, entry);
    return false;
  }
  await deps.journal.markDone(entry.id);
  return true;
}

/** Into the newest segment, so that those settled beside it can leave the disk and stay settled. */
async function moveAside(deps: AnswerKeeperDeps, entry: JournalEntry): Promise<void> {
  try {
    await deps.journal.append(entry);
  } catch (error) {
    // It stays where it was.
    deps.events.emit('journal.failed', { error });
  }
}

function report(
  deps: AnswerKeeperDeps,
  request: SettleRequest,
  what: { readonly model: string; readonly result: SettleResult },
): void {
  const { model, result } = what;
  const fields = { job: request.id, model, fence: request.fence };
  const ended = (state: TerminalJobState): void =>
    deps.events.emit('job.ended', { job: request.id, model, state });
  if (result.kind === 'settled') {
    if (result.byThis) ended(result.state);
  } else if (result.kind === 'adopted') {
    deps.events.emit('answer.adopted', fields);
    if (result.byThis) ended('succeeded');
  } else {
    deps.events.emit('answer.wasted', fields);
  }
}
