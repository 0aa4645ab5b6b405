/**
 * Who owns a journal folder, and whether that process still lives.
 *
 *  O1 A process is known by host, process id and the moment it started, so that a reused id is
 *     not taken for it.
 *  O2 An owner on another host (a shared volume) shows life by touching its file; it is dead when
 *     the file is a minute old by the file system's own clock.
 *  O3 A folder without an owner file was given up on purpose and may be adopted at once.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '@forebay/shared/domain/json';

/** Period of `touchOwner`. */
export const ownerTouchIntervalMs = 10_000;
const remoteOwnerDeadAfterMs = 60_000;
const ownerFile = 'owner.json';

/** Writes this process as the owner, whole or not at all. */
export async function writeOwner(folder: string): Promise<void> {
  const text = JSON.stringify({
    host: hostname(),
    pid: process.pid,
    startedAt: startOf(process.pid) ?? null,
  });
  const temporary = join(folder, `${ownerFile}.${randomUUID()}.part`);
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, join(folder, ownerFile));
}

/** Gives a folder up, so that another process may adopt it at once. */
export async function releaseOwner(folder: string): Promise<void> {
  await rm(join(folder, ownerFile), { force: true });
}

/** O2: shows life to other hosts. */
export async function touchOwner(folder: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs);
  await utimes(join(folder, ownerFile), now, now);
}

/** Whether the process that owns a folder is gone. */
export async function ownerIsDead(folder: string): Promise<boolean> {
  const owner = await readOwner(folder);
  if (owner === undefined) return true;
  if (owner['host'] !== hostname()) return isOlderThan(folder, remoteOwnerDeadAfterMs);
  const { pid } = owner;
  if (typeof pid !== 'number' || !isRunning(pid)) return true;
  const startedAt = startOf(pid);
  return startedAt !== undefined && owner['startedAt'] !== startedAt;
}

async function readOwner(folder: string) {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(folder, ownerFile), 'utf8'));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch (error) {
    // O3, or a file that no version of ours wrote.
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Running under another user is running too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** O1: when a process started, in the system's own terms; `undefined` when it cannot be told. */
function startOf(pid: number): string | undefined {
  try {
    // Field 22 of Linux's stat line, counted after the name, which may hold blanks.
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No Linux: `ps` knows.
  }
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    const options = { encoding: 'utf8' as const, timeout: 2_000, stdio };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim();
  } catch {
    // Without either, the process id alone has to do.
    return undefined;
  }
}

/** Compares with a file written now, so that the clock of this host does not matter. */
async function isOlderThan(folder: string, ageMs: number): Promise<boolean> {
  const probe = join(folder, `clock.${randomUUID()}.part`);
  try {
    await writeFile(probe, '');
    const now = await stat(probe);
    const touched = await stat(join(folder, ownerFile));
    return now.mtimeMs - touched.mtimeMs > ageMs;
  } finally {
    await rm(probe, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
