/** Shutting down politely: waiting callers are answered at once, new work is no longer invited. */
import type { ServerResponse } from 'node:http';

export interface Drain {
  readonly draining: boolean;
  /** Ends all waits now and in the future; replies ask for a new connection. */
  begin(): void;
  /** A signal for one call: aborts when its caller hangs up, draining begins, or it is ended. */
  track(response: ServerResponse): TrackedCall;
}

export interface TrackedCall {
  readonly signal: AbortSignal;
  /** Aborts the signal with this as its reason. */
  end(reason: Error): void;
  release(): void;
}

export function createDrain(): Drain {
  const open = new Set<AbortController>();
  let draining = false;
  return {
    get draining() {
      return draining;
    },
    begin() {
      draining = true;
      for (const controller of open) controller.abort();
    },
    track(response) {
      const controller = new AbortController();
      const onClose = (): void => controller.abort();
      open.add(controller);
      response.once('close', onClose);
      if (draining) {
        controller.abort();
        response.setHeader('Connection', 'close');
      }
      return {
        signal: controller.signal,
        end: (reason) => controller.abort(reason),
        release() {
          open.delete(controller);
          response.off('close', onClose);
          if (draining && !response.headersSent) response.setHeader('Connection', 'close');
        },
      };
    },
  };
}
