// Runs one child in the foreground and behaves like it: signals go in, exit code comes out.

import { spawn } from 'node:child_process';

/** @type {NodeJS.Signals[]} */
const forwardedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs this Node with the given arguments until it ends.
 * @param {string[]} args
 * @param {{ cwd: string }} options
 * @returns {Promise<number>} the child's exit code, or 128 + signal number as a shell reports it
 */
export function runChild(args, { cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // Ctrl-C in a terminal reaches the whole process group already; a second copy would
      // count as "force" in a child that drains on the first one.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of forwardedSignals) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of forwardedSignals) process.off(name, forward);
      resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15));
    });
  });
}
