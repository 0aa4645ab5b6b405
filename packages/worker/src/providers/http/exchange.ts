/**
 * One HTTP exchange over an undici dispatcher: from the request to its end, whatever that is.
 * It knows bytes, time and whether the request left; it knows no dialect.
 *
 * E1  It settles once. What undici reports afterwards (its error for our own abort) is ignored.
 * E2  `sent` turns true when undici is about to write the request to a connected socket, and
 *     never back. An exchange that ends before that wrote no byte, and none will follow: a start
 *     that comes too late is aborted before the first write.
 * E3  A request is written once. Should undici start it again, it is aborted: a second write
 *     could buy a second answer.
 */
import type { AttemptTimers } from '@forebay/shared/domain/model-catalog';
import type { Clock } from '@forebay/shared/runtime/clock';
import type { Dispatcher } from 'undici';
import { type CallTimers, startCallTimers, type TimerPhase } from './call-timers.ts';

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/** Takes the body of an answer as it comes. */
export interface BodySink {
  /** `enough` says that the answer is complete, or hopeless; the rest is not read. */
  write(chunk: Uint8Array): 'more' | 'enough';
}

export interface ExchangeRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timers: AttemptTimers;
  readonly signal: AbortSignal;
  readonly answerBytesMax: number;
  /** Chooses what takes the body, once status and headers are known. */
  readonly receive: (head: ResponseHead) => BodySink;
}

/** How an exchange ended. Only `not_sent` and `aborted` with `sent: false` are free for sure. */
export type ExchangeEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'not_sent'; readonly detail: string }
  | { readonly kind: 'aborted'; readonly sent: boolean }
  | { readonly kind: 'timed_out'; readonly phase: TimerPhase }
  | { readonly kind: 'broken'; readonly detail: string }
  | { readonly kind: 'too_large' };

export interface Exchange {
  readonly end: ExchangeEnd;
  readonly head: ResponseHead | undefined;
  /** From the start of sending to the first byte of the body, or to the end of an empty one. */
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
}

interface ExchangeDeps {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
}

/** Made once: an error made for each call would collect a stack trace that nobody reads. */
const exchangeEnded = new Error('the exchange has ended');

/** How long a connection may take to end after the answer was complete, to be used again. */
const drainMs = 250;

/** Runs one POST. Rejects only when the sink throws, which is a mistake of ours. */
export function runExchange(deps: ExchangeDeps, request: ExchangeRequest): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const handler = new ExchangeHandler({ clock: deps.clock, resolve, reject }, request);
    if (!handler.begin()) return;
    const { path, headers, body } = request;
    deps.dispatcher.dispatch({ method: 'POST', path, headers: { ...headers }, body }, handler);
  });
}

interface HandlerDeps {
  readonly clock: Clock;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (error: unknown) => void;
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #deps: HandlerDeps;
  readonly #request: ExchangeRequest;
  readonly #timers: CallTimers;
  readonly #startedAt: number;
  readonly #onAbort = (): void => this.#end({ kind: 'aborted', sent: this.#sentAt !== undefined });
  #sentAt: number | undefined;
  #firstByteAt: number | undefined;
  #head: ResponseHead | undefined;
  #sink: BodySink | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #bytes = 0;
  #enough = false;
  #ended = false;

  constructor(deps: HandlerDeps, request: ExchangeRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#startedAt = deps.clock.monotonicMs();
    const onExpire = (phase: TimerPhase): void => this.#expire(phase);
    this.#timers = startCallTimers({ clock: deps.clock, onExpire }, request.timers);
  }

  /** `false` when the signal had aborted before anything began. */
  begin(): boolean {
    if (this.#request.signal.aborted) this.#onAbort();
    else this.#request.signal.addEventListener('abort', this.#onAbort, { once: true });
    return !this.#ended;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) {
      controller.abort(new Error('ended before the request was written')); // E2
      return;
    }
    this.#controller = controller;
    if (this.#sentAt !== undefined) {
      this.#end({ kind: 'broken', detail: 'the connection broke and the request started again' });
      return; // E3
    }
    this.#sentAt = this.#deps.clock.monotonicMs();
    this.#timers.sent();
  }

  onResponseStart(_controller: unknown, status: number, headers: ResponseHeaders): void {
    if (this.#ended || status < 200) return;
    this.#head = { status, headers };
    this.#guard(this.#head, (head) => {
      this.#sink = this.#request.receive(head);
    });
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    if (this.#ended || this.#enough) return;
    this.#firstByteAt ??= this.#deps.clock.monotonicMs();
    this.#timers.chunk();
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#request.answerBytesMax) {
      this.#end({ kind: 'too_large' });
      return;
    }
    this.#guard(chunk, (bytes) => {
      if (this.#sink?.write(bytes) !== 'enough') return;
      this.#enough = true;
      this.#timers.drain(drainMs);
    });
  }

  onResponseEnd(): void {
    this.#firstByteAt ??= this.#deps.clock.monotonicMs();
    this.#end({ kind: 'complete' });
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#enough) this.#end({ kind: 'complete' });
    else if (this.#sentAt === undefined) this.#end({ kind: 'not_sent', detail: describe(error) });
    else this.#end({ kind: 'broken', detail: describe(error) });
  }

  #expire(phase: TimerPhase): void {
    if (phase === 'drain' || this.#enough) this.#end({ kind: 'complete' });
    else if (this.#sentAt !== undefined) this.#end({ kind: 'timed_out', phase });
    else this.#end({ kind: 'not_sent', detail: `no connection within the ${phase} timeout` });
  }

  /** Settles (E1) and lets go of the socket, unless the answer ran to its end. */
  #end(end: ExchangeEnd): void {
    if (!this.#close()) return;
    const now = this.#deps.clock.monotonicMs();
    const sentAt = this.#sentAt ?? now;
    this.#deps.resolve({
      // An abort during the drain comes too late: the answer is already here.
      end: end.kind === 'aborted' && this.#enough ? { kind: 'complete' } : end,
      head: this.#head,
      firstByteMs: this.#firstByteAt === undefined ? undefined : this.#firstByteAt - sentAt,
      totalMs: now - this.#startedAt,
    });
  }

  #close(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#timers.stop();
    this.#request.signal.removeEventListener('abort', this.#onAbort);
    // For an answer that ran to its end this does nothing: undici has completed the request.
    this.#controller?.abort(exchangeEnded);
    return true;
  }

  #guard<T>(value: T, action: (value: T) => void): void {
    try {
      action(value);
    } catch (error) {
      // A sink that throws is our mistake; it must surface, not look like a network fault.
      if (this.#close()) this.#deps.reject(error);
    }
  }
}

/** Code and text of a network error. Such texts name hosts and ports, never headers or bodies. */
function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? `${code}${first.message}` : `${code}${error.message}`;
}
