/** What the processes of a run used, read from the kernel's own counters. */
import { readFileSync } from 'node:fs';

/** Linux counts processor time in ticks: 100 a second on every machine that Node runs on. */
const ticksPerSecond = 100;

/** Processor seconds of a process so far, user and system; `undefined` where there is no /proc. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  // The name may hold spaces and brackets; what follows the last bracket does not.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Another system, or a process that has ended: not measured.
    return undefined;
  }
}
