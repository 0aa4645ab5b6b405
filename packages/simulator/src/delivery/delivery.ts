import type { Answer, ModelCall } from '../answers/answer.ts';
import type { CallRecord } from '../calls/call-record.ts';
import type { Fault } from '../faults/fault.ts';
import type { Exchange } from '../http/exchange.ts';

/** An answer on its way out, with the fault that is to be played on it. */
export interface Delivery {
  exchange: Exchange;
  record: CallRecord;
  call: ModelCall;
  answer: Answer;
  fault: Fault | null;
  latencyMs: number;
  perTokenMs: number;
  /** The headers of a success, as they stand when they are sent. */
  headers(contentType: string): Record<string, string>;
}
