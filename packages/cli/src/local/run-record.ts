/**
 * Which processes a run started, on disk: a run that was killed leaves its children behind, and
 * the next one must end them before it takes their ports, their data and their work.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { isJsonObject } from '@forebay/shared/domain/json';

export interface RunRecord {
  /** Notes a process; a later one of the same name replaces it. */
  note(name: string, pid: number): void;
  /** Forgets the run: it has ended everything itself. */
  clear(): void;
}

const supervisorName = 'supervisor';

/**
 * Begins this run's record, ending what an earlier one left behind.
 *
 * @throws ForebayError `internal` when another run on this folder is alive.
 */
export function openRunRecord(dataDir: string, report: (line: string) => void): RunRecord {
  const file = join(dataDir, 'processes.json');
  const earlier = readPids(file);
  const supervisor = earlier.get(supervisorName);
  if (supervisor !== undefined && supervisor !== process.pid && isOurs(supervisor)) {
    throw new ForebayError(
      'internal',
      `Forebay already runs on ${dataDir} as process ${supervisor}. Stop it first, or set ` +
        'FOREBAY_DATA_DIR to another folder.',
    );
  }
  for (const [name, pid] of earlier) {
    if (name === supervisorName || !isOurs(pid)) continue;
    report(`ending ${name} (process ${pid}), left behind by a run that was killed`);
    process.kill(pid, 'SIGKILL');
  }
  const pids = new Map<string, number>([[supervisorName, process.pid]]);
  const save = (): void => {
    const temporary = `${file}.part`;
    writeFileSync(temporary, `${JSON.stringify(Object.fromEntries(pids), null, 2)}\n`);
    renameSync(temporary, file);
  };
  save();
  return {
    note(name, pid) {
      pids.set(name, pid);
      save();
    },
    clear: () => rmSync(file, { force: true }),
  };
}

function readPids(file: string): ReadonlyMap<string, number> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const entries = isJsonObject(parsed) ? Object.entries(parsed) : [];
    return new Map(entries.filter((entry): entry is [string, number] => Number(entry[1]) > 1));
  } catch {
    // No earlier run, or a file that was cut by a power failure: there is nothing to end.
    return new Map();
  }
}

/** Whether the process lives and is one of ours: ids are given out again after a while. */
function isOurs(pid: number): boolean {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    const options = { encoding: 'utf8' as const, timeout: 5_000, stdio };
    const command = commandOf(pid) ?? execFileSync('ps', ['-o', 'args=', '-p', `${pid}`], options);
    return /packages[\\/](api|worker|simulator|cli)[\\/]dist[\\/]main\.js/.test(command);
  } catch {
    // No such process.
    return false;
  }
}

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // No Linux, or no such process: `ps` tells.
    return undefined;
  }
}
