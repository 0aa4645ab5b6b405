/**
 * The files of one journal folder: append-only segments, deleted once every entry in them is
 * done. Not aware of owners or of what an entry means.
 *
 *  G1 A segment that failed to take a write is never written again: what stands behind a torn
 *     frame would not be read. The next write opens a new one.
 *  G2 Done marks may be lost with a deleted segment. Then a done entry is replayed, which the
 *     store answers as it did the first time.
 *  G3 Writing an entry again moves it: it lives in the newest segment that has it, and does not
 *     keep the older one.
 */
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@forebay/shared/runtime/sync-folder';
import {
  decodeFrames,
  encodeFrame,
  type JournalEntry,
  type JournalFrame,
} from './journal-frame.ts';

export interface JournalSegments {
  /** Entries that are not done, oldest first. */
  pending(): JournalEntry[];
  /** Writes the frames in order; synced before it resolves when one of them is an entry. */
  write(frames: readonly JournalFrame[]): Promise<void>;
  close(): Promise<void>;
}

const segmentBytesMax = 8 * 1024 * 1024;
const segmentPattern = /^(\d{8})\.journal$/;

interface Segment {
  readonly path: string;
  /** Ids of its entries that are not done. */
  readonly live: Set<string>;
}

interface ActiveSegment extends Segment {
  readonly file: FileHandle;
  sizeBytes: number;
}

interface State {
  readonly folder: string;
  readonly segments: Set<Segment>;
  readonly entries: Map<string, JournalEntry>;
  nextNumber: number;
  active: ActiveSegment | undefined;
}

/** Reads what is there. Writing begins in a new segment, never behind an old tail. */
export async function openSegments(folder: string): Promise<JournalSegments> {
  const state: State = {
    folder,
    segments: new Set(),
    entries: new Map(),
    nextNumber: 1,
    active: undefined,
  };
  await readAll(state);
  return {
    pending: () => [...state.entries.values()],
    write: (frames) => writeFrames(state, frames),
    async close() {
      await state.active?.file.close();
      state.active = undefined;
      await deleteFinished(state);
    },
  };
}

async function readAll(state: State): Promise<void> {
  const names = (await readdir(state.folder)).filter((name) => segmentPattern.test(name)).sort();
  for (const name of names) {
    state.nextNumber = Number(segmentPattern.exec(name)?.[1] ?? 0) + 1;
    const segment: Segment = { path: join(state.folder, name), live: new Set() };
    state.segments.add(segment);
    for (const frame of decodeFrames(await readFile(segment.path))) note(state, segment, frame);
  }
  await deleteFinished(state);
}

async function writeFrames(state: State, frames: readonly JournalFrame[]): Promise<void> {
  const active = await activeSegment(state);
  try {
    const bytes = Buffer.concat(frames.map(encodeFrame));
    await active.file.appendFile(bytes);
    if (frames.some((frame) => frame.kind === 'entry')) await active.file.datasync();
    active.sizeBytes += bytes.length;
  } catch (error) {
    await retire(state);
    throw error;
  }
  for (const frame of frames) note(state, active, frame);
  if (active.sizeBytes >= segmentBytesMax) await retire(state);
  if (frames.some((frame) => frame.kind === 'done')) await deleteFinished(state);
}

async function activeSegment(state: State): Promise<ActiveSegment> {
  if (state.active !== undefined) return state.active;
  const path = join(state.folder, `${String(state.nextNumber).padStart(8, '0')}.journal`);
  const file = await open(path, 'ax', 0o600);
  state.nextNumber += 1;
  try {
    await syncFolder(state.folder);
  } catch (error) {
    await file.close();
    throw error;
  }
  const active: ActiveSegment = { path, live: new Set(), file, sizeBytes: 0 };
  state.segments.add(active);
  state.active = active;
  return active;
}

/** G1. */
async function retire(state: State): Promise<void> {
  const { active } = state;
  state.active = undefined;
  await active?.file.close();
}

function note(state: State, segment: Segment, frame: JournalFrame): void {
  if (frame.kind === 'entry') {
    // G3.
    for (const other of state.segments) other.live.delete(frame.entry.id);
    state.entries.set(frame.entry.id, frame.entry);
    segment.live.add(frame.entry.id);
    return;
  }
  state.entries.delete(frame.id);
  for (const other of state.segments) other.live.delete(frame.id);
}

/** G2. */
async function deleteFinished(state: State): Promise<void> {
  for (const segment of state.segments) {
    if (segment === state.active || segment.live.size > 0) continue;
    await rm(segment.path, { force: true });
    state.segments.delete(segment);
  }
}
