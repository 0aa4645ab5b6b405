/**
 * What is known of one call while it runs, and the one line it leaves in the book.
 *
 * 1. A line is written once, by the first `settle`; later ones have no effect.
 * 2. The place in the lane is free before the line can be seen.
 */
import type { CallBook } from '../bill/call-book.ts';
import type { CallEnding, CallKind, CallLine } from '../bill/call-line.ts';
import { costNanoUsd, type Price, type TrueUsage } from '../bill/price.ts';
import type { Exchange } from '../http/exchange.ts';
import { GenerationMeter } from './generation-meter.ts';

/** How a call is to be charged: whole, for what was generated, or not at all. */
export type Charge = 'whole' | 'generated' | 'nothing';

/** One call while it runs; writes exactly one line when it ends. */
export class CallRecord {
  readonly callId: string;
  readonly meter = new GenerationMeter();
  readonly #book: CallBook;
  readonly #exchange: Exchange;
  readonly #line: CallLine;
  #price: Price | null = null;
  #usage: TrueUsage | null = null;
  #leave: () => void = () => {};
  #settled = false;

  constructor(
    book: CallBook,
    exchange: Exchange,
    start: { callId: string; deployment: string; kind: CallKind },
  ) {
    this.#book = book;
    this.#exchange = exchange;
    this.callId = start.callId;
    this.#line = {
      call_id: start.callId,
      at: new Date().toISOString(),
      deployment: start.deployment,
      model: null,
      kind: start.kind,
      stream: false,
      attempt_id: exchange.header('x-forebay-attempt-id'),
      idempotency_key: exchange.header('idempotency-key'),
      status: null,
      billed: false,
      prompt_tokens: 0,
      cached_tokens: 0,
      completion_tokens: 0,
      cost_nano_usd: '0',
      completed: false,
      ending: 'refused',
      fault: null,
      bytes_sent: 0,
    };
  }

  /** What the request asks for. */
  describe(request: { model: string; stream: boolean }): void {
    this.#line.model = request.model;
    this.#line.stream = request.stream;
  }

  /** Keeps the function that frees the call's place, to be called when it ends. */
  occupy(leave: () => void): void {
    this.#leave = leave;
  }

  playFault(kind: string): void {
    this.#line.fault = kind;
  }

  /** The price and the usage of the whole answer. */
  expect(price: Price, usage: TrueUsage): void {
    this.#price = price;
    this.#usage = usage;
  }

  /** Writes the line and frees the place. Only the first call has an effect. */
  settle(ending: CallEnding, charge: Charge): void {
    if (this.#settled) return;
    this.#settled = true;
    const line = this.#line;
    line.ending = ending;
    line.completed = ending === 'answered';
    line.status = this.#exchange.status;
    line.bytes_sent = this.#exchange.bytesSent;
    if (charge === 'whole' || (charge === 'generated' && this.meter.begun)) this.#charge(charge);
    this.#leave();
    this.#book.add(line);
  }

  #charge(charge: Charge): void {
    if (this.#price === null || this.#usage === null) return;
    const completionTokens =
      charge === 'whole' ? this.#usage.completionTokens : this.meter.generatedTokens;
    const usage = { ...this.#usage, completionTokens };
    this.#line.billed = true;
    this.#line.prompt_tokens = usage.promptTokens;
    this.#line.cached_tokens = usage.cachedTokens;
    this.#line.completion_tokens = usage.completionTokens;
    this.#line.cost_nano_usd = costNanoUsd(this.#price, usage).toString();
  }
}
