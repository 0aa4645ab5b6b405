/** Files that a configuration names, seen from the folder that it stands in. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export type FileRead =
  | { readonly kind: 'read'; readonly path: string; readonly text: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string };

/** Reads one of them. */
export type ReadBeside = (name: string) => FileRead;

export function readerBeside(configPath: string): ReadBeside {
  return (name) => {
    const path = resolve(dirname(configPath), name);
    try {
      return { kind: 'read', path, text: readFileSync(path, 'utf8') };
    } catch (error) {
      // The outcome is a problem of the configuration, told with its line.
      const why = error instanceof Error ? error.message : String(error);
      return { kind: 'unreadable', path, why };
    }
  };
}
