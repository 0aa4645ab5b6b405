/** Notifications of changed jobs over one subscriber connection per process. */
import { parseJobId } from '../domain/ids.ts';
import { parseJobState } from '../domain/job-state.ts';
import type { Followed, JobChange, WakeUpListener, WakeUps } from '../ports/wake-ups.ts';
import type { RedisClient } from './connection.ts';

interface Channels {
  readonly changes: string;
  readonly orders: string;
  readonly deltas: string;
}

/**
 * @param subscriber a connection used for nothing else; closed with the wake-ups.
 * @param channels what the job scripts publish to: changes of jobs, those among them that workers
 *   must hear of, and new pieces of answers.
 */
export function createWakeUps(subscriber: RedisClient, channels: Channels): WakeUps {
  const listeners = new Set<WakeUpListener>();
  subscriber.on('message', (from: string, message: string) => {
    if (from === channels.deltas) {
      const id = parseJobId(message.split(' ')[0] ?? '');
      if (id !== undefined) for (const listener of listeners) listener.onDelta?.(id);
      return;
    }
    const change = parseChange(message);
    if (change === undefined) return;
    for (const listener of listeners) listener.onChange(change);
  });
  let connected = false;
  subscriber.on('ready', () => {
    // The first time nobody has missed anything.
    if (connected) for (const listener of listeners) listener.onReconnect();
    connected = true;
  });
  return {
    async start(follow) {
      await subscriber.subscribe(...channelsOf(channels, follow));
      connected = true;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      // Not `quit`: that would wait for a server that may be away, and nothing is unsent here.
      subscriber.disconnect();
    },
  };
}

function channelsOf(channels: Channels, follow: Followed): readonly string[] {
  if (follow === 'orders') return [channels.orders];
  return follow === 'changes' ? [channels.changes] : [channels.changes, channels.deltas];
}

/** Reads `<job id> <version> <state>`; anything else is not ours and is passed over. */
function parseChange(message: string): JobChange | undefined {
  const [idText, version, stateText] = message.split(' ');
  const id = parseJobId(idText ?? '');
  const state = parseJobState(stateText ?? '');
  if (id === undefined || state === undefined) return undefined;
  return { id, version: Number(version), state };
}
