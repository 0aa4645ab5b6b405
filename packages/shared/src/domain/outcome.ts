/**
 * How an attempt can end: one table of error classes, decided once, where the provider's answer
 * is parsed. Everyone else (dispatcher, records, metrics, docs) only reads it.
 *
 * Ambiguity says what we know about the provider's side, and so what money may be owed:
 *  - `not_sent`  the request never left: free, safe to repeat.
 *  - `refused`   a complete error answer: not billed, safe to repeat.
 *  - `answered`  a complete answer: billed at its usage.
 *  - `unknown`   cut, timed out or orphaned after sending: may be billed, charged at worst case.
 */

export type Ambiguity = 'not_sent' | 'refused' | 'answered' | 'unknown';

/** What the dispatcher may do after a class of failure. */
export type NextStep =
  /** The same model again after a short delay, then another one. */
  | 'retry_same'
  /** Another model now if one could start sooner than this lane recovers, else wait. */
  | 'pause_lane'
  /** The deployment is stopped and an alarm raised; another deployment or model. */
  | 'stop_deployment'
  /** Only a candidate with a larger context window. */
  | 'larger_context'
  /** Another model only if the caller opted in. */
  | 'if_opted_in'
  /** Another attempt only within the job's allowance of risky repeats. */
  | 'risk_retry'
  /** As after a risky attempt, unless the caller said that a miss is the end. */
  | 'if_to_move_on'
  /** A model that was not called yet. */
  | 'other_model'
  /** Nothing: the job fails now. */
  | 'fail'
  /** Another attempt anywhere, not counted against the job. */
  | 'free_retry';

export interface ErrorClassRule {
  /** Ambiguities under which this class can be seen. */
  readonly ambiguities: readonly Ambiguity[];
  readonly next: NextStep;
  /** What a person reads on the job. */
  readonly text: string;
  /** What differs where we refused to send the request, and no provider said a word. */
  readonly unsent?: Pick<ErrorClassRule, 'next' | 'text'>;
}

export const errorClassRules = {
  connect_failed: {
    ambiguities: ['not_sent'],
    next: 'retry_same',
    text: 'could not connect to the provider',
  },
  rate_limited: {
    ambiguities: ['refused'],
    next: 'pause_lane',
    text: 'the provider limits the rate',
  },
  overloaded: { ambiguities: ['refused'], next: 'pause_lane', text: 'the provider is overloaded' },
  server_error: { ambiguities: ['refused'], next: 'pause_lane', text: 'the provider failed' },
  unauthorized: {
    ambiguities: ['refused', 'not_sent'],
    next: 'stop_deployment',
    text: 'the provider refused our credentials',
  },
  quota_exhausted: {
    ambiguities: ['refused'],
    next: 'stop_deployment',
    text: 'the quota at the provider is used up',
  },
  context_too_long: {
    ambiguities: ['refused'],
    next: 'larger_context',
    text: 'the prompt does not fit the context window',
  },
  content_filtered: {
    ambiguities: ['refused', 'answered'],
    next: 'if_opted_in',
    text: 'the provider filtered the content',
  },
  bad_request: {
    ambiguities: ['refused', 'not_sent'],
    next: 'fail',
    text: 'the provider refused the request as invalid',
    unsent: { next: 'other_model', text: "the model's API has no form for the request" },
  },
  not_found: {
    ambiguities: ['refused'],
    next: 'fail',
    text: 'the provider does not know the model or path',
  },
  payload_unreadable: {
    ambiguities: ['not_sent'],
    next: 'fail',
    text: 'the stored request of the job cannot be read',
  },
  cut: { ambiguities: ['unknown'], next: 'risk_retry', text: 'the answer was cut off' },
  timeout: {
    ambiguities: ['unknown'],
    next: 'risk_retry',
    text: 'the provider did not answer in time',
  },
  gateway_error: {
    ambiguities: ['unknown'],
    next: 'risk_retry',
    text: 'a gateway before the provider failed after taking the request',
  },
  lost_lease: {
    ambiguities: ['unknown'],
    next: 'risk_retry',
    text: 'the worker stopped answering',
  },
  malformed_answer: {
    ambiguities: ['answered', 'unknown'],
    next: 'risk_retry',
    text: 'the answer is not what the API promises',
  },
  malformed_output: {
    ambiguities: ['answered'],
    next: 'if_to_move_on',
    text: 'the answer has not the form that the job asks for',
  },
  worker_error: {
    ambiguities: ['unknown'],
    next: 'risk_retry',
    text: 'the worker failed while it called the provider',
  },
  cancelled: {
    ambiguities: ['not_sent', 'refused', 'answered', 'unknown'],
    next: 'fail',
    text: 'cancelled by the caller',
  },
  deadline: {
    ambiguities: ['not_sent', 'refused', 'answered', 'unknown'],
    next: 'fail',
    text: 'the deadline passed',
  },
  permit_lapsed: {
    ambiguities: ['not_sent'],
    next: 'free_retry',
    text: 'the permit ran out before the call could begin',
  },
  price_raised: {
    ambiguities: ['not_sent'],
    next: 'free_retry',
    text: 'the price has risen above what was held for the call',
  },
  shutdown: {
    ambiguities: ['not_sent', 'refused', 'answered', 'unknown'],
    next: 'free_retry',
    text: 'the worker was shut down and handed the job back',
  },
} as const satisfies Record<string, ErrorClassRule>;

export type ErrorClass = keyof typeof errorClassRules;

/** All classes, in table order. */
export const errorClasses = Object.keys(errorClassRules).filter(
  (name): name is ErrorClass => name in errorClassRules,
);

/**
 * The rule of a class.
 *
 * @param ambiguity of an end that it is asked about; some rules are others when nothing was sent.
 */
export function ruleOf(errorClass: ErrorClass, ambiguity?: Ambiguity): ErrorClassRule {
  const rule: ErrorClassRule = errorClassRules[errorClass];
  return ambiguity === 'not_sent' ? { ...rule, ...rule.unsent } : rule;
}
