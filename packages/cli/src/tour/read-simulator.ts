/** What the simulator says happened: its bill, and what its webhook sink received. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';
import type { BillLine } from './check-money.ts';
import type { SinkDelivery } from './check-webhooks.ts';

export interface SimulatorTarget {
  readonly url: string;
  readonly sinkUrl: string;
}

const settleTimeoutMs = 10_000;
const pollMs = 100;
const requestTimeoutMs = 30_000;

/** Reads the bill once no call is under way any more, or after a bound. */
export async function readBill(
  clock: Clock,
  simulator: SimulatorTarget,
  signal: AbortSignal,
): Promise<readonly BillLine[]> {
  const deadlineMs = clock.monotonicMs() + settleTimeoutMs;
  for (;;) {
    const stats = await getJson(`${simulator.url}/_sim/stats`, signal);
    if (stats['in_flight'] === 0 || clock.monotonicMs() > deadlineMs) break;
    if (!(await wait(clock, pollMs, signal))) break;
  }
  const bill = await getJson(`${simulator.url}/_sim/bill`, signal);
  return listOf(bill['data']).map((line) => ({
    attemptId: textOf(line['attempt_id']),
    costNanoUsd: BigInt(textOf(line['cost_nano_usd']) || '0'),
  }));
}

/** Everything that the sink received so far. */
export async function readDeliveries(
  simulator: SimulatorTarget,
  signal: AbortSignal,
): Promise<readonly SinkDelivery[]> {
  return deliveriesIn(await getJson(`${simulator.sinkUrl}/_sink/deliveries`, signal));
}

/** Waits until the sink has more than `count` deliveries, or `waitMs` have passed. */
export async function waitForDeliveries(
  simulator: SimulatorTarget,
  more: { readonly count: number; readonly waitMs: number },
  signal: AbortSignal,
): Promise<readonly SinkDelivery[]> {
  const query = `count=${more.count + 1}&wait_ms=${more.waitMs}`;
  return deliveriesIn(await getJson(`${simulator.sinkUrl}/_sink/wait?${query}`, signal));
}

function deliveriesIn(body: JsonObject): readonly SinkDelivery[] {
  return listOf(body['data']).map((line) => ({
    headers: headersOf(line['headers']),
    body: Buffer.from(textOf(line['body_base64']), 'base64'),
    status: typeof line['status'] === 'number' ? line['status'] : undefined,
  }));
}

async function getJson(url: string, signal: AbortSignal): Promise<JsonObject> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const response = await fetch(url, { signal: AbortSignal.any([timeout, signal]) });
  const parsed: unknown = await response.json();
  return isJsonObject(parsed) ? parsed : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function headersOf(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, text]) => [name.toLowerCase(), textOf(text)]));
}
