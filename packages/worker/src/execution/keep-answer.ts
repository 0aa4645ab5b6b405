/**
 * A paid answer is not bought twice: it goes to the fsynced journal before anything else hears of
 * it (S6), and what a dead process left in its journal is settled when the next one starts.
 *
 * K1. The journal holds the whole answer. A large one goes to the object store after that, and
 *     stands beside its record when the object store does not take it.
 * K2. One entry that cannot be read or settled holds up no other one: it is reported and stays.
 *     Only the store's absence ends a replay.
 * K3. An answer that has to have a form is journalled before it is held against that, and what of
 *     it a dead process left is judged again: a miss costs what the answer cost, and no more. It
 *     leaves the journal when the store knows what became of it.
 */

import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { attemptId } from '@forebay/shared/domain/ids';
import type { TerminalJobState } from '@forebay/shared/domain/job-state';
import { isJsonObject } from '@forebay/shared/domain/json';
import type { PayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { JobStore, SettleRequest, SettleResult } from '@forebay/shared/ports/job-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import {
  judgeOutput,
  missOf,
  type OutputChecker,
  type OutputMiss,
} from '../outputs/judge-output.ts';
import { type JudgedEnd, judgeMiss } from '../settlement/judge-attempt.ts';
import { type PersistDeps, persist } from '../settlement/persist.ts';
import {
  decodeSettlement,
  encodeSettlement,
  type WaitingSettlement,
} from '../settlement/settlement-codec.ts';
import type { AnswerJournal } from './answer-journal.ts';
import type { JournalEntry } from './journal-frame.ts';

export interface AnswerKeeperDeps extends PersistDeps {
  readonly jobs: Pick<JobStore, 'settle'>;
  readonly vault: Pick<PayloadVault, 'place' | 'seal' | 'unpack'>;
  readonly outputs: OutputChecker;
  readonly journal: AnswerJournal;
  /** Ends an attempt whose answer is of no use; see `end-missed.ts`. */
  readonly endMissed: (request: SettleRequest, end: JudgedEnd) => Promise<void>;
}

/** An answer in the journal. */
export interface KeptAnswer {
  /** K3. @returns how it misses its form; `undefined` when it does not or has none to keep. */
  findMiss(): Promise<OutputMiss | undefined>;
  /**
   * Writes the answer to the store until the store has answered.
   *
   * @param shown what must have ended before the store hears of the answer; must not reject.
   */
  settle(model: string, shown?: Promise<void>): Promise<SettleResult>;
  /** In place of `settle`: the store hears that the answer is of no use. */
  endMissed(end: JudgedEnd): Promise<void>;
}

export interface AnswerKeeper {
  /**
   * Journals the settlement of an answer. Nothing is lost from here on.
   *
   * @param waiting its result as `PayloadVault.seal` made it, whatever its size.
   */
  keep(waiting: WaitingSettlement): Promise<KeptAnswer>;
  /** Settles what earlier processes left behind (K2). @returns how many answers were settled. */
  replay(): Promise<number>;
}

export function createAnswerKeeper(deps: AnswerKeeperDeps): AnswerKeeper {
  return {
    async keep(waiting) {
      const { request } = waiting;
      const id = attemptId(request.id, request.fence);
      crashPoint('worker.before-journal');
      const isKept = await journal(deps, id, waiting);
      const leave = async (): Promise<void> => {
        if (isKept) await deps.journal.markDone(id);
      };
      crashPoint('worker.after-journal');
      return {
        findMiss: () => findMiss(deps, waiting),
        async settle(model, shown) {
          await shown;
          const result = await settle(deps, waiting, model);
          crashPoint('worker.after-settle');
          await leave();
          return result;
        },
        async endMissed(end) {
          await deps.endMissed(request, end);
          await leave();
        },
      };
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

/** Names of the request stand in what is told of a miss: not where no text of it may be kept. */
async function findMiss(
  deps: AnswerKeeperDeps,
  waiting: WaitingSettlement,
): Promise<OutputMiss | undefined> {
  const miss = await holdAgainstForm(deps, waiting);
  if (miss === undefined || waiting.figuresOnly !== true) return miss;
  return { ...miss, message: 'it misses what the request asks for' };
}

async function holdAgainstForm(
  deps: AnswerKeeperDeps,
  { request, form }: WaitingSettlement,
): Promise<OutputMiss | undefined> {
  const { id, tenant, sealedResult } = request;
  if (form === undefined || sealedResult === undefined) return undefined;
  crashPoint('worker.before-verdict');
  try {
    const body = await deps.vault.unpack({ tenant, job: id, field: 'result' }, sealedResult);
    if (!isJsonObject(body)) return missOf('it has not the form of its kind');
    return await judgeOutput(deps.outputs, { tenant, form, body });
  } catch (error) {
    // What cannot be checked cannot be promised; the answer is charged as the complete one it is.
    deps.events.emit('loop.failed', { loop: 'output-check', error });
    return missOf('it could not be checked');
  }
}

async function settle(
  deps: AnswerKeeperDeps,
  { request, figuresOnly }: WaitingSettlement,
  model: string,
): Promise<SettleResult> {
  const sealedResult = figuresOnly ? await emptied(deps, request) : await place(deps, request);
  const placed = { ...request, sealedResult };
  const result = await persist(deps, 'settle', () => deps.jobs.settle(placed));
  report(deps, request, { model, result });
  return result;
}

/** What stands in the place of an answer of which nobody may keep the text. */
function emptied({ vault }: AnswerKeeperDeps, { id, tenant }: SettleRequest): Promise<Uint8Array> {
  return vault.seal({ tenant, job: id, field: 'result' }, {});
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

async function journal(
  deps: AnswerKeeperDeps,
  id: string,
  waiting: WaitingSettlement,
): Promise<boolean> {
  try {
    await deps.journal.append({ id, content: encodeSettlement(waiting) });
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
    await finish(deps, decodeSettlement(entry.content));
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

async function finish(deps: AnswerKeeperDeps, waiting: WaitingSettlement): Promise<void> {
  const { request } = waiting;
  const miss = await findMiss(deps, waiting);
  if (miss === undefined || request.attempt === undefined) {
    await settle(deps, waiting, 'replayed');
  } else {
    await deps.endMissed(request, judgeMiss(request.attempt.end, miss));
  }
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
