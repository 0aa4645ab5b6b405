import { type Fault, numberParameter } from '../faults/fault.ts';
import type { Exchange } from '../http/exchange.ts';
import { sleep } from '../timing/wait.ts';

/** How slowly bytes leave. */
export interface DripPace {
  intervalMs: number;
  bytes: number;
}

/** The pace of a `slow_drip`; null for any other fault. */
export function dripPace(fault: Fault | null): DripPace | null {
  if (fault?.kind !== 'slow_drip') return null;
  const intervalMs = numberParameter(fault, 'interval_ms');
  return { intervalMs, bytes: Math.ceil(numberParameter(fault, 'bytes')) };
}

/** Writes bytes a few at a time, one wait before each few. */
export async function drip(exchange: Exchange, bytes: Buffer, pace: DripPace): Promise<void> {
  for (let start = 0; start < bytes.length; start += pace.bytes) {
    await sleep(pace.intervalMs, exchange.signal);
    await exchange.write(bytes.subarray(start, start + pace.bytes));
  }
}
