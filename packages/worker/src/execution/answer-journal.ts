/**
 * The worker's journal of answers (S6): what a provider answered is on disk before the store
 * hears of it, and is replayed at the next start, by this worker or another one on the same data
 * folder. Not a queue: an entry leaves when the caller has settled it.
 *
 *  J1 `append` resolves after the entry is synced. Appends that come together share one sync.
 *  J2 `append` rejects when the disk does not take it, and `healthy` is false until one succeeds
 *     again; the caller still settles, and should take no new work.
 *  J3 A journal has one living owner. A dead owner's journal is adopted by renaming its folder;
 *     should two adopt at the same instant, both replay, and the store answers both alike.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { Clock, Timer } from '@forebay/shared/runtime/clock';
import type { JournalEntry, JournalFrame } from './journal-frame.ts';
import {
  ownerIsDead,
  ownerTouchIntervalMs,
  releaseOwner,
  touchOwner,
  writeOwner,
} from './journal-owner.ts';
import { type JournalSegments, openSegments } from './journal-segments.ts';

export interface AnswerJournal {
  /** J1, J2. @throws ForebayError `internal` when the disk refuses. */
  append(entry: JournalEntry): Promise<void>;
  /** The store has the answer. Written but not synced; never rejects. */
  markDone(id: string): Promise<void>;
  /** Entries that are not done, oldest first; at start these are to be replayed. */
  pending(): JournalEntry[];
  /** J2. */
  readonly healthy: boolean;
  /** Waits for what was handed in; gives the folder up for others when entries are left in it. */
  close(): Promise<void>;
}

export interface OpenJournalOptions {
  /** Holds one folder for each owner. */
  readonly directory: string;
  /** Names the owner's folder; a new name for each process start, or a fixed one. */
  readonly owner: string;
  readonly clock: Clock;
}

const ownerPattern = /^[a-z0-9][a-z0-9_-]{0,100}$/;

/**
 * Opens this process's journal; entries that an earlier process of this name left are `pending`.
 *
 * @throws ForebayError `internal` when a living process owns it.
 */
export async function openAnswerJournal(options: OpenJournalOptions): Promise<AnswerJournal> {
  const folder = join(options.directory, options.owner);
  if (!ownerPattern.test(options.owner)) {
    throw new ForebayError('internal', 'the name of a journal has letters, digits, "-" and "_"');
  }
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  // Prepared aside, so that the folder never stands there without its owner.
  const prepared = join(options.directory, `.new-${randomUUID()}`);
  await mkdir(prepared, { mode: 0o700 });
  await writeOwner(prepared);
  try {
    await rename(prepared, folder);
  } catch (error) {
    if (!isOneOf(error, ['ENOTEMPTY', 'EEXIST'])) throw error;
    await takeOver(folder, prepared);
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
  return openFolder(folder, options.clock);
}

/**
 * J3: the journals of dead owners; the caller settles what is pending and closes each.
 *
 * @param onError told about a folder that cannot be adopted; the others still are.
 */
export async function adoptDeadJournals(
  directory: string,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<AnswerJournal[]> {
  const adopted: AnswerJournal[] = [];
  for (const name of await readdir(directory)) {
    if (!ownerPattern.test(name)) continue;
    try {
      const folder = join(directory, name);
      if (!(await ownerIsDead(folder))) continue;
      const journal = await adopt(folder, join(directory, `adopted-${randomUUID()}`), clock);
      if (journal !== undefined) adopted.push(journal);
    } catch (error) {
      onError(error);
    }
  }
  return adopted;
}

/** `undefined` when another process was faster. */
async function adopt(from: string, to: string, clock: Clock): Promise<AnswerJournal | undefined> {
  try {
    await rename(from, to);
    await writeOwner(to);
    return await openFolder(to, clock);
  } catch (error) {
    if (isOneOf(error, ['ENOENT'])) return undefined;
    // Nobody reads it now, so nobody may own it either.
    await releaseOwner(to);
    throw error;
  }
}

/**
 * Takes the folder of an earlier process of this name. The rename decides between this process and
 * those that adopt what the dead leave: whoever comes second finds nothing there.
 */
async function takeOver(folder: string, prepared: string): Promise<void> {
  if (!(await ownerIsDead(folder))) {
    throw new ForebayError('internal', `the journal ${folder} is in use by a living process`);
  }
  const taken = join(dirname(folder), `taken-${randomUUID()}`);
  try {
    await rename(folder, taken);
    await writeOwner(taken);
    await rename(taken, folder);
  } catch (error) {
    if (!isOneOf(error, ['ENOENT'])) throw error;
    // Somebody adopted it, and settles what is in it; this process begins anew.
    await rename(prepared, folder);
  }
}

interface Waiting {
  readonly frame: JournalFrame;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface State {
  readonly folder: string;
  readonly segments: JournalSegments;
  waiting: Waiting[];
  writing: Promise<void> | undefined;
  healthy: boolean;
}

async function openFolder(folder: string, clock: Clock): Promise<AnswerJournal> {
  const segments = await openSegments(folder);
  const state: State = { folder, segments, waiting: [], writing: undefined, healthy: true };
  const heartbeat = showLife(folder, clock);
  const enqueue = (frame: JournalFrame): Promise<void> =>
    new Promise((resolve, reject) => {
      state.waiting.push({ frame, resolve, reject });
      state.writing ??= writeGroups(state);
    });
  return {
    append: (entry) => enqueue({ kind: 'entry', entry }),
    // A lost mark makes a replay that changes nothing; `healthy` tells about the disk.
    markDone: (id) => enqueue({ kind: 'done', id }).catch(() => {}),
    pending: () => segments.pending(),
    get healthy() {
      return state.healthy;
    },
    async close() {
      await state.writing;
      heartbeat.cancel();
      await segments.close();
      await releaseOwner(folder);
      await removeIfEmpty(folder);
    },
  };
}

/** J1: takes everything that waits as one group, until nothing waits. */
async function writeGroups(state: State): Promise<void> {
  // One turn of the event loop, so that appends made together form a group.
  await new Promise<void>((resolve) => setImmediate(resolve));
  while (state.waiting.length > 0) {
    const group = state.waiting;
    state.waiting = [];
    try {
      await state.segments.write(group.map(({ frame }) => frame));
      state.healthy = true;
      for (const { resolve } of group) resolve();
    } catch (cause) {
      // J2: the outcome goes to everyone who waits; the next group may find the disk healed.
      state.healthy = false;
      const text = `the answer journal in ${state.folder} cannot be written; is the disk full?`;
      const error = new ForebayError('internal', text, { cause });
      for (const { reject } of group) reject(error);
    }
  }
  state.writing = undefined;
}

/** Shows life to processes on other hosts that share the folder. */
function showLife(folder: string, clock: Clock): Timer {
  let timer: Timer;
  let stopped = false;
  const beat = (): void => {
    // Missing a beat is harmless: six in a row count as death, and adoption only replays.
    touchOwner(folder, clock.nowMs()).catch(() => {});
    if (!stopped) timer = clock.schedule(ownerTouchIntervalMs, beat);
  };
  timer = clock.schedule(ownerTouchIntervalMs, beat);
  return {
    cancel() {
      stopped = true;
      timer.cancel();
    },
  };
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    // Entries are left for whoever adopts the folder, or it is gone with its adopter.
    if (!isOneOf(error, ['ENOTEMPTY', 'EEXIST', 'ENOENT'])) throw error;
  }
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
