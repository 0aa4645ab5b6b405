/** The body of `POST /v1/jobs`. */

export type JobKind = 'chat.completions' | 'embeddings' | 'responses';

export type PriorityClass = 'urgent' | 'high' | 'normal' | 'low' | 'bulk';

/** How the models of a route, or of a list, are ordered for one job. */
export interface RoutingWishes {
  readonly strategy?:
    | 'balanced'
    | 'cheapest'
    | 'fastest'
    | 'best'
    | 'least-busy'
    | 'cheapest_meeting'
    | 'weighted'
    | 'round-robin';
  /** What counts how much under `balanced`, each from 0 to 1000; else as the route has it. */
  readonly weights?: {
    readonly cost?: number;
    readonly speed?: number;
    readonly quality?: number;
    readonly load?: number;
  };
  /** Models of a lower quality are left out; from 0 to 1. */
  readonly min_quality?: number;
  /** What `cheapest_meeting` looks for. */
  readonly goal?: { readonly quality?: number; readonly seconds?: number };
  /** Models or aliases that come before the others of the route. */
  readonly prefer?: readonly string[];
  /** Models or aliases that are taken only when no other is left. */
  readonly avoid?: readonly string[];
  /** Jobs of one session stay with one model of their route. */
  readonly session?: string;
}

/** What follows an answer that misses the form that the body asks for. */
export interface AnswerValidation {
  readonly on_miss: 'move_on' | 'fail' | 'accept';
}

interface JobEnvelope {
  readonly kind: JobKind;
  /** The OpenAI request; `model` inside is not needed. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly routing?: RoutingWishes;
  /** 0 (most urgent) to 9, or the name of a class. */
  readonly priority?: number | PriorityClass;
  /** The ceiling, decimal US dollars. */
  readonly max_cost_usd?: string | number;
  /** RFC 3339; not together with `timeout_seconds`. */
  readonly deadline_at?: string;
  readonly timeout_seconds?: number;
  /** RFC 3339: the job starts no earlier. */
  readonly run_at?: string;
  readonly webhook?: { readonly url: string; readonly events?: readonly string[] };
  /** How many attempts may follow one that may have been billed without an answer. */
  readonly risk_retries?: number;
  readonly fallback_on_filter?: boolean;
  /** `move_on` if absent and the body has a schema. */
  readonly validation?: AnswerValidation;
  /** Cuts the output cap to what the ceiling has left, rather than leave a model out. */
  readonly cap_output?: boolean;
  readonly accept_late?: boolean;
  /** Shows the text of the answer on the event feed while it is written; chat completions only. */
  readonly stream?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly custom_id?: string;
}

/** A job names one model or route, or models, not routes, in the order in which they are tried. */
export type JobRequest = JobEnvelope &
  ({ readonly model: string } | { readonly models: readonly string[] });
