/**
 * One request and its answer, with the ways of answering a real provider and its faults need.
 *
 * `signal` is aborted as soon as the connection is gone, so that everything done for the call
 * stops. Whatever must be true when the caller has its answer (the bill line, the free slot) is
 * done in `beforeLast`, which runs when all but the last byte is with the operating system.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What waits reject with once the caller is gone. */
class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}

/** One HTTP request being answered. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #arrivedAtMs = performance.now();
  #status: number | null = null;
  #bytesSent = 0;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    response.on('close', () => this.#gone.abort(new ClientGoneError('the caller is gone')));
    // A write to a dead socket is reported here too; `close` follows and is what counts.
    response.on('error', () => this.#gone.abort(new ClientGoneError('the socket failed')));
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.#arrivedAtMs;
  }

  /** The status sent; null before the headers have left. */
  get status(): number | null {
    return this.#status;
  }

  /** Body bytes handed to the network. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** One request header, null when absent. */
  header(name: string): string | null {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : (value?.join(', ') ?? null);
  }

  /** Sends status and headers at once. Throws when the caller is gone. */
  open(status: number, headers: OutgoingHttpHeaders): void {
    this.signal.throwIfAborted();
    this.#status = status;
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
  }

  /** Sends body bytes; resolves when the operating system has them. */
  write(chunk: Buffer | string): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const fail = () => reject(this.signal.reason);
      if (this.signal.aborted) {
        fail();
        return;
      }
      this.signal.addEventListener('abort', fail, { once: true });
      this.#response.write(bytes, (error) => {
        this.signal.removeEventListener('abort', fail);
        if (error) {
          reject(error);
          return;
        }
        this.#bytesSent += bytes.length;
        resolve();
      });
    });
  }

  /** Sends the last bytes and ends the answer properly. */
  async finish(chunk: Buffer | string, beforeLast: () => void): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (bytes.length > 0) await this.write(bytes.subarray(0, -1));
    this.#bytesSent += Math.min(bytes.length, 1);
    beforeLast();
    this.#response.end(bytes.subarray(-1));
  }

  /** A whole answer with its length. */
  async send(
    answer: { status: number; headers: OutgoingHttpHeaders; body: Buffer | string },
    beforeLast: () => void = () => {},
  ): Promise<void> {
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
    this.open(answer.status, { ...answer.headers, 'content-length': body.length });
    await this.finish(body, beforeLast);
  }

  /** Closes the socket without a word (FIN). */
  closeSocket(): void {
    this.request.socket.destroy();
  }

  /** Closes the socket with a TCP reset. */
  resetSocket(): void {
    this.request.socket.resetAndDestroy();
  }
}
