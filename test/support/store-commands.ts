/**
 * What a Redis server really does, as its `MONITOR` tells it: every command, also those inside
 * scripts, in order. Names and arguments are made comparable: what is new with each call (ids,
 * tokens, times, digests of them) becomes the same text.
 */
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { TestStore } from './store.ts';

export interface CommandWatch {
  /** The commands of all clients while this ran. */
  during(run: () => Promise<unknown>): Promise<readonly string[]>;
}

/** Watches the server of a store until the test ends. */
export async function watchCommands({ client }: TestStore): Promise<CommandWatch> {
  if ('nodes' in client) throw new Error('only a single server tells one order of commands');
  const monitor = await client.monitor();
  onTestFinished(() => monitor.disconnect());
  let seen: string[] = [];
  let onMark: { readonly text: string; readonly resolve: () => void } | undefined;
  monitor.on('monitor', (_time: string, words: readonly string[]) => {
    if (onMark !== undefined && words.at(-1) === onMark.text) onMark.resolve();
    else seen.push(words.map(withoutBytes).join(' '));
  });
  return {
    async during(run) {
      seen = [];
      await run();
      // The server does one thing after the other: what came before the mark was told before.
      const text = randomUUID();
      const told = new Promise<void>((resolve) => {
        onMark = { text, resolve };
      });
      await client.echo(text);
      await told;
      return seen.map(withoutNews);
    },
  };
}

/** Sealed content, which is told with escapes, differs from one sealing to the next. */
function withoutBytes(word: string): string {
  return /\\x[0-9a-f]{2}/.test(word) ? '…bytes' : word;
}

/** Replaces what differs from call to call by its kind. */
export function withoutNews(text: string): string {
  return text
    .replace(/\b([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g, '$1_…')
    .replace(/\bevt_[0-9a-f]{40}_\d+\b/g, 'evt_…')
    .replace(/\b[0-9a-f]{64}\b/g, '…digest')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…time')
    .replace(/\b1\d{12}\b/g, '…ms');
}
