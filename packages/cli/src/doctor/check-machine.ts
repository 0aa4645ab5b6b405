/** Checks of this machine: the version of Node and the data folder. */
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Finding, ok, wrong } from './finding.ts';
import { isAtLeast } from './is-at-least.ts';

/** @param version such as `20.19.4` */
export function checkNode(version: string): Finding {
  if (isAtLeast(version, '20.19')) return ok(version);
  return wrong(version, 'Install Node 20.19 or newer, best 22 or 24.');
}

export function checkDataFolder(folder: string): Finding {
  const path = resolve(folder);
  try {
    if (existsSync(path)) {
      const probe = join(path, `.doctor-${process.pid}`);
      writeFileSync(probe, 'may be deleted');
      rmSync(probe);
      return ok(path);
    }
    accessSync(nearestExisting(path), constants.W_OK);
    return ok(`${path}, made at the first start`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const remedy = 'Make the folder writable for this user, or set FOREBAY_DATA_DIR to another.';
    return wrong(`${path} is not writable (${why})`, remedy);
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}
