import type { ApiForm } from '../http/api-form.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Refusal } from '../http/openai-error.ts';
import type { CallRecord, Charge } from './call-record.ts';

/** What a refusal may carry beside the error itself. */
export interface RefusalExtras {
  headers?: Record<string, string>;
  /** Sent in place of the JSON error. */
  html?: string;
  charge?: Charge;
}

/** Where a refusal goes, and how it is written there. */
export interface RefusalTarget {
  exchange: Exchange;
  record: CallRecord;
  form: ApiForm;
}

/** Answers a complete error. Nothing is charged for it unless a fault says so. */
export async function sendRefusal(
  { exchange, record, form }: RefusalTarget,
  refused: Refusal,
  extras: RefusalExtras = {},
): Promise<void> {
  const type = extras.html === undefined ? 'application/json' : 'text/html; charset=utf-8';
  const { status, headers, body } = form.writeError(refused);
  const common = { 'content-type': type, ...form.answerHeaders(exchange, record.callId) };
  await exchange.send(
    {
      status,
      headers: { ...common, ...extras.headers, ...headers },
      body: extras.html ?? body,
    },
    () => record.settle('refused', extras.charge ?? 'nothing'),
  );
}
