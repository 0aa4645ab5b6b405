/**
 * Sends an answer as server-sent events, paced by token, with the faults that strike inside a
 * stream. A call is charged for the tokens of the events that were sent.
 */
import type { Frame } from '../answers/answer.ts';
import { breakingToken, type Fault, numberParameter, wordParameter } from '../faults/fault.ts';
import type { Exchange } from '../http/exchange.ts';
import { sleep, waitUntilAborted } from '../timing/wait.ts';
import { breakConnection } from './break-connection.ts';
import type { Delivery } from './delivery.ts';
import { drip, dripPace } from './drip.ts';
import { WRAPPED_ERROR } from './garbage.ts';

const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** Waits shorter than this are saved up, since timers are no finer. */
const TIMER_MS_MIN = 2;

/** Sends headers, then every event. Rejects when the caller goes away. */
export async function deliverStream(delivery: Delivery): Promise<void> {
  const { exchange, record, answer, fault } = delivery;
  record.meter.emit(0);
  exchange.open(200, { ...delivery.headers(EVENT_STREAM), 'cache-control': 'no-cache' });
  const strikeAt = strikingToken(fault, answer.usage.completionTokens);
  const pace = new Pace(exchange, delivery.perTokenMs);
  const slow = dripPace(fault);
  for (const frame of answer.frames()) {
    if (strikeAt !== null && record.meter.generatedTokens + frame.tokens > strikeAt) break;
    await pace.waitFor(frame);
    if (slow === null) await exchange.write(frame.text);
    else await drip(exchange, Buffer.from(frame.text), slow);
    record.meter.emit(frame.tokens);
  }
  if (fault !== null && strikeAt !== null) {
    await strike(delivery, fault);
    return;
  }
  record.meter.finish();
  await exchange.finish(answer.lastFrame(), () => record.settle('answered', 'whole'));
}

/** The token after which a fault strikes inside the stream; null for faults that do not. */
function strikingToken(fault: Fault | null, totalTokens: number): number | null {
  if (fault?.kind === 'error_in_200') return numberParameter(fault, 'after_tokens');
  const inside = fault?.kind === 'cut_mid_body' || fault?.kind === 'stall_mid_body';
  return inside ? breakingToken(fault, totalTokens) : null;
}

async function strike({ exchange, record, answer }: Delivery, fault: Fault): Promise<void> {
  if (fault.kind === 'stall_mid_body') await waitUntilAborted(exchange.signal);
  if (fault.kind === 'error_in_200') {
    const charge = wordParameter(fault, 'billed') === 'yes' ? 'generated' : 'nothing';
    const event = answer.errorFrame?.() ?? `data: ${JSON.stringify(WRAPPED_ERROR)}\n\n`;
    await exchange.finish(event, () => record.settle('broken', charge));
    return;
  }
  const how = wordParameter(fault, 'how');
  const settle = () => record.settle('broken', 'generated');
  if (how === 'clean') {
    await exchange.finish('', settle);
    return;
  }
  settle();
  breakConnection(exchange, how);
}

/** Holds each event back until its tokens would have been generated. */
class Pace {
  readonly #exchange: Exchange;
  readonly #perTokenMs: number;
  readonly #startedAtMs = performance.now();
  #tokens = 0;

  constructor(exchange: Exchange, perTokenMs: number) {
    this.#exchange = exchange;
    this.#perTokenMs = perTokenMs;
  }

  async waitFor(frame: Frame): Promise<void> {
    this.#tokens += frame.tokens;
    const dueAtMs = this.#startedAtMs + this.#tokens * this.#perTokenMs;
    const waitMs = dueAtMs - performance.now();
    if (waitMs >= TIMER_MS_MIN) await sleep(waitMs, this.#exchange.signal);
    else this.#exchange.signal.throwIfAborted();
  }
}
