/** Whether a process still runs; one that has ended counts as gone before its parent asks how. */
import { readFileSync } from 'node:fs';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    // ESRCH: it is gone.
    return false;
  }
  return !isZombie(pid);
}

/** Orphans stay in the process table until the first process of the machine clears them away. */
function isZombie(pid: number): boolean {
  try {
    // `pid (name) state …`; the name may hold anything, also brackets.
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No Linux, or it has been cleared away just now; then the next look tells.
    return false;
  }
}
