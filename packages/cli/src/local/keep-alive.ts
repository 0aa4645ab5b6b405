/** Our timers do not keep a process alive by themselves; a command that waits on them must. */
import { MessageChannel } from 'node:worker_threads';

/** Keeps this process alive until `end` is called. */
export function keepAlive(): { end(): void } {
  const { port1 } = new MessageChannel();
  port1.on('message', () => {});
  return { end: () => port1.close() };
}
