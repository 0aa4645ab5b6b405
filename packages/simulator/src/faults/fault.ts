/**
 * The faults the simulator plays, with the parameters each one takes.
 *
 * This table is the only list of them: the scenario reader, the markers in prompts and the
 * README follow it.
 */

/** One parameter of a fault: its default and what else it may be. */
export type FaultParameter =
  | { type: 'number'; default: number; min: number }
  | { type: 'choice'; default: string; choices: readonly string[] };

/** How a Retry-After is said: see `retry-after.ts`. */
export const RETRY_AFTER_FORMS = [
  'none',
  'seconds',
  'date',
  'ms',
  'absurd',
  'negative',
  'words',
] as const;

const RETRY_AFTER = {
  retry_after: { type: 'choice', default: 'none', choices: RETRY_AFTER_FORMS },
  seconds: { type: 'number', default: 1, min: 0 },
} as const;

/** Whether the provider charges for a call whose answer it spoilt. */
const BILLED = { type: 'choice', default: 'yes', choices: ['yes', 'no'] } as const;
const NOT_BILLED = { type: 'choice', default: 'no', choices: ['yes', 'no'] } as const;

/** -1 stands for the middle of the answer. */
const AFTER_TOKENS = { type: 'number', default: -1, min: -1 } as const;

const HALF = -1;

/** Faults by kind. */
export const FAULTS = {
  /** 429 `rate_limit_exceeded`. */
  rate_limit: RETRY_AFTER,
  /** 429 `insufficient_quota`. */
  quota_exhausted: {},
  /** 5xx after the model's latency, with a JSON or an HTML body. */
  server_error: {
    status: { type: 'number', default: 500, min: 500 },
    body: { type: 'choice', default: 'json', choices: ['json', 'html'] },
    billed: NOT_BILLED,
    ...RETRY_AFTER,
  },
  bad_request: {},
  unauthorized: {},
  forbidden: {},
  not_found: {},
  /** 400 `context_length_exceeded`. */
  context_overflow: {},
  /** A 400, or an answer that stops with finish reason `content_filter`. */
  content_filter: { at: { type: 'choice', default: 'request', choices: ['request', 'answer'] } },
  /** An answer with `refusal` in place of content. */
  refusal: {},
  /** A good answer whose usage is nonsense; the bill keeps the true one. */
  wrong_usage: {
    value: {
      type: 'choice',
      default: 'missing',
      choices: ['missing', 'zero', 'negative', 'huge', 'string'],
    },
  },
  /** 200 with broken JSON (in a stream: a broken frame). */
  invalid_json: { billed: BILLED },
  /** 200 with an HTML page. */
  html_body: { billed: BILLED },
  /** 200 with nothing in it. */
  empty_body: { billed: BILLED },
  /** 200 with an error object; in a stream after some tokens. */
  error_in_200: { billed: NOT_BILLED, after_tokens: { type: 'number', default: 0, min: 0 } },
  /** Accepts the call and never sends headers. */
  hang_before_headers: {
    generates: { type: 'choice', default: 'yes', choices: ['yes', 'no'] },
  },
  /** Sends half of the answer and then nothing more, socket open. */
  stall_mid_body: { after_tokens: AFTER_TOKENS },
  /** Sends the answer a few bytes at a time. */
  slow_drip: {
    interval_ms: { type: 'number', default: 1000, min: 1 },
    bytes: { type: 'number', default: 1, min: 1 },
  },
  /** Ends in the middle: see the README for the four ways. */
  cut_mid_body: {
    how: { type: 'choice', default: 'close', choices: ['close', 'reset', 'clean', 'length'] },
    after_tokens: AFTER_TOKENS,
  },
  /** TCP reset before headers; for one in the middle see `cut_mid_body`. */
  connection_reset: {
    generates: { type: 'choice', default: 'no', choices: ['yes', 'no'] },
  },
  /** The socket is closed at once, as a closed port behind a proxy would look. */
  connection_refuse: {},
} as const satisfies Record<string, Record<string, FaultParameter>>;

export type FaultKind = keyof typeof FAULTS;

/** A fault that is to be played, with every parameter filled in. */
export interface Fault {
  kind: FaultKind;
  parameters: ReadonlyMap<string, string | number>;
}

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULTS, name);
}

/** The parameters a kind takes. */
export function faultParameters(kind: FaultKind): Record<string, FaultParameter> {
  return FAULTS[kind];
}

/** A numeric parameter; throws when the table has no such one. */
export function numberParameter(fault: Fault, name: string): number {
  const value = fault.parameters.get(name);
  if (typeof value !== 'number') throw new TypeError(`${fault.kind} has no number ${name}`);
  return value;
}

/** A parameter out of a list of words; throws when the table has no such one. */
export function wordParameter(fault: Fault, name: string): string {
  const value = fault.parameters.get(name);
  if (typeof value !== 'string') throw new TypeError(`${fault.kind} has no word ${name}`);
  return value;
}

/** The token after which a streamed answer breaks. */
export function breakingToken(fault: Fault, totalTokens: number): number {
  const after = numberParameter(fault, 'after_tokens');
  return after === HALF ? Math.floor(totalTokens / 2) : after;
}
