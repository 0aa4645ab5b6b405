/** Sends an answer as one JSON body, or the spoilt form of it a fault asks for. */
import { breakingToken, type Fault, wordParameter } from '../faults/fault.ts';
import { sleep, waitUntilAborted } from '../timing/wait.ts';
import { breakConnection } from './break-connection.ts';
import type { Delivery } from './delivery.ts';
import { drip, dripPace } from './drip.ts';

/** Generates for as long as the tokens take, then sends. Rejects when the caller goes away. */
export async function deliverPlain(delivery: Delivery): Promise<void> {
  const { exchange, record, answer, fault } = delivery;
  await sleep(answer.usage.completionTokens * delivery.perTokenMs, exchange.signal);
  record.meter.finish();
  const body = Buffer.from(JSON.stringify(answer.body()));
  const headers = delivery.headers('application/json');
  const settle = () => record.settle('answered', 'whole');
  const pace = dripPace(fault);
  if (pace !== null) {
    exchange.open(200, { ...headers, 'content-length': body.length });
    await drip(exchange, body.subarray(0, -1), pace);
    await sleep(pace.intervalMs, exchange.signal);
    await exchange.finish(body.subarray(-1), settle);
    return;
  }
  if (fault?.kind === 'stall_mid_body' || fault?.kind === 'cut_mid_body') {
    await sendPart(delivery, fault, { body, headers });
    return;
  }
  await exchange.send({ status: 200, headers, body }, settle);
}

/** Sends as much of the body as the fault says, and then stalls, cuts or ends too early. */
async function sendPart(
  { exchange, record, answer }: Delivery,
  fault: Fault,
  { body, headers }: { body: Buffer; headers: Record<string, string> },
): Promise<void> {
  const how = fault.kind === 'cut_mid_body' ? wordParameter(fault, 'how') : 'stall';
  const share = sentShare(fault, answer.usage.completionTokens);
  const part = body.subarray(0, Math.floor(body.length * share));
  const settle = () => record.settle('broken', 'generated');
  if (how === 'clean') {
    await exchange.send({ status: 200, headers, body: part }, settle);
    return;
  }
  const announced = how === 'length' ? body.length + 64 : body.length;
  exchange.open(200, { ...headers, 'content-length': announced });
  await exchange.write(how === 'length' ? body : part);
  if (how === 'stall') await waitUntilAborted(exchange.signal);
  settle();
  breakConnection(exchange, how);
}

/** The share of the body after which the fault strikes, always short of the whole. */
function sentShare(fault: Fault, totalTokens: number): number {
  if (totalTokens === 0) return 0.5;
  return Math.min(breakingToken(fault, totalTokens) / totalTokens, 0.99);
}
