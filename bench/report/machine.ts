/** What the figures were measured on. No names of hosts or users, no paths. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** With `+` when the working tree had changes. */
  readonly commit: string;
  readonly measuredAt: string;
}

export function describeMachine(nowMs: number): Machine {
  const [first, ...others] = cpus();
  return {
    cores: others.length + 1,
    processor: first?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    commit: describeCommit(),
    measuredAt: new Date(nowMs).toISOString().slice(0, 16),
  };
}

function describeCommit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isClean =
      git('status', '--porcelain', '--', 'packages', 'bench', ':!bench/results') === '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${isClean ? '' : '+'}`;
  } catch {
    // Measured outside a clone.
    return 'unknown';
  }
}
