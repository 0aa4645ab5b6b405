import { type Fault, wordParameter } from '../faults/fault.ts';
import { sleep, waitUntilAborted } from '../timing/wait.ts';
import { deliverPlain } from './deliver-plain.ts';
import { deliverStream } from './deliver-stream.ts';
import type { Delivery } from './delivery.ts';
import { type Garbage, garbageFor } from './garbage.ts';

/**
 * Waits the model's latency, begins to generate, and sends the answer or what the fault makes of
 * it. Rejects when the caller goes away.
 */
export async function deliverAnswer(delivery: Delivery): Promise<void> {
  const { exchange, record, call, answer, fault, perTokenMs } = delivery;
  await sleep(delivery.latencyMs, exchange.signal);
  if (fault === null || generates(fault)) {
    record.meter.begin({ totalTokens: answer.usage.completionTokens, perTokenMs });
  }
  if (fault?.kind === 'hang_before_headers') await waitUntilAborted(exchange.signal);
  if (fault?.kind === 'connection_reset') {
    await sleep(
      record.meter.begun ? answer.usage.completionTokens * perTokenMs : 0,
      exchange.signal,
    );
    record.settle('broken', 'generated');
    exchange.resetSocket();
    return;
  }
  const garbage = fault === null ? null : garbageFor(fault, call.stream);
  if (fault !== null && garbage !== null) await sendGarbage(delivery, fault, garbage);
  else if (call.stream) await deliverStream(delivery);
  else await deliverPlain(delivery);
}

/** Whether tokens are generated at all under a fault that strikes before the headers. */
function generates(fault: Fault): boolean {
  const early = fault.kind === 'hang_before_headers' || fault.kind === 'connection_reset';
  return !early || wordParameter(fault, 'generates') === 'yes';
}

async function sendGarbage(delivery: Delivery, fault: Fault, garbage: Garbage): Promise<void> {
  const { exchange, record, answer } = delivery;
  await sleep(answer.usage.completionTokens * delivery.perTokenMs, exchange.signal);
  const charge = wordParameter(fault, 'billed') === 'yes' ? 'whole' : 'nothing';
  const { body, contentType } = garbage;
  await exchange.send({ status: 200, headers: delivery.headers(contentType), body }, () =>
    record.settle('broken', charge),
  );
}
