import type { Exchange } from '../http/exchange.ts';
import { type Refusal, refusalBody } from '../http/openai-error.ts';
import { answerHeaders } from './answer-headers.ts';
import type { CallRecord, Charge } from './call-record.ts';

/** What a refusal may carry beside the error itself. */
export interface RefusalExtras {
  headers?: Record<string, string>;
  /** Sent in place of the JSON error. */
  html?: string;
  charge?: Charge;
}

/** Answers a complete error. Nothing is charged for it unless a fault says so. */
export async function sendRefusal(
  { exchange, record }: { exchange: Exchange; record: CallRecord },
  refused: Refusal,
  extras: RefusalExtras = {},
): Promise<void> {
  const type = extras.html === undefined ? 'application/json' : 'text/html; charset=utf-8';
  const headers = { ...answerHeaders(exchange, record.callId, type), ...extras.headers };
  await exchange.send(
    {
      status: refused.status,
      headers: { ...headers, ...refused.headers },
      body: extras.html ?? refusalBody(refused),
    },
    () => record.settle('refused', extras.charge ?? 'nothing'),
  );
}
