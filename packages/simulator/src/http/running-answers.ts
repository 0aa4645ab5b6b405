import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from './exchange.ts';

/** Knows the answers being given, so that closing can wait until each has written its line. */
export class RunningAnswers {
  readonly #running = new Set<Promise<void>>();

  /** Gives one answer. A failure that is not the other side leaving goes to stderr. */
  start(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (exchange: Exchange) => Promise<void>,
  ): void {
    const exchange = new Exchange(request, response);
    const running = answer(exchange)
      .catch((error: unknown) => {
        // The other side left: nothing more can be said to it.
        if (exchange.signal.aborted || request.socket.destroyed) return;
        const text = error instanceof Error ? error.stack : String(error);
        process.stderr.write(`simulator: ${text}\n`);
        exchange.closeSocket();
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when no answer is being given. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
