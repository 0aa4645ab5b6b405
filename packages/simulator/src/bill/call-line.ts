/** The kinds of model call the simulator answers. */
export type CallKind =
  | 'chat.completions'
  | 'embeddings'
  | 'responses'
  | 'messages'
  | 'generate_content';

/** How a call ended, as the provider saw it. */
export type CallEnding =
  /** The whole answer was handed to the network. */
  | 'answered'
  /** A complete error was answered and nothing was generated for it. */
  | 'refused'
  /** A fault ended it on the provider's side. */
  | 'broken'
  /** The caller went away, or the simulator was closed. */
  | 'client_gone';

/**
 * One model call in the ledger. The bill holds the lines with `billed: true`; the call log holds
 * all of them. Names are those of the JSON form.
 */
export interface CallLine {
  call_id: string;
  /** Arrival, RFC 3339 in UTC. */
  at: string;
  deployment: string;
  /** Null when the request named none that could be read. */
  model: string | null;
  kind: CallKind;
  stream: boolean;
  /** From the `x-forebay-attempt-id` header. */
  attempt_id: string | null;
  /** From the `idempotency-key` header. */
  idempotency_key: string | null;
  /** HTTP status that was sent; null when no headers left. */
  status: number | null;
  billed: boolean;
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
  /** A whole number of nano-dollars as text. */
  cost_nano_usd: string;
  /** Whether the whole answer, as a real provider would send it, was delivered. */
  completed: boolean;
  ending: CallEnding;
  /** Kind of the fault that was played, or null. */
  fault: string | null;
  /** Body bytes handed to the network. */
  bytes_sent: number;
}
