/**
 * Every error that a caller can see: one table gives the HTTP status, the title and whether the
 * same call may succeed later. `docs/errors.md` is generated from it.
 */

export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** Whether repeating the identical request later can succeed. */
  readonly retryable: boolean;
  /** The `type` that OpenAI clients read in the `error` member. */
  readonly openaiType: string;
}

const invalid = 'invalid_request_error';

type Entry = readonly [status: number, title: string, openaiType: string, retryable?: true];

export const errorCatalog = {
  invalid_json: entry([400, 'The body is not valid JSON', invalid]),
  invalid_request: entry([400, 'The request is not valid', invalid]),
  unbounded_cost: entry([400, 'The cost of a field cannot be bounded', invalid]),
  forbidden_field: entry([400, 'A field is not allowed', invalid]),
  unknown_model: entry([400, 'No such model or route', invalid]),
  no_eligible_model: entry([422, 'No model can take this job', invalid]),
  deadline_unreachable: entry([422, 'No model would answer before the deadline', invalid, true]),
  budget_exceeded: entry([402, 'A budget has too little left', invalid]),
  cost_ceiling_exceeded: entry([422, 'No model fits the cost ceiling', invalid]),
  idempotency_mismatch: entry([422, 'The key was used with another request', invalid]),
  invalid_cursor: entry([400, 'The cursor is not valid here', invalid]),
  atomic_refused: entry([422, 'Another line of the same call was refused', invalid]),
  invalid_idempotency_key: entry([400, 'The Idempotency-Key header is not valid', invalid]),
  webhook_url_refused: entry([400, 'The webhook URL is not allowed', invalid]),
  budget_limit: entry([422, 'There are too many budgets', invalid]),
  preference_limit: entry([422, 'Too many users have preferences', invalid]),
  endpoint_limit: entry([422, 'There are too many webhook endpoints', invalid]),
  endpoint_disabled: entry([409, 'The webhook endpoint is switched off', invalid]),
  unauthorized: entry([401, 'The API key is missing or not valid', 'authentication_error']),
  forbidden: entry([403, 'The API key may not do this', 'permission_error']),
  tenant_suspended: entry([403, 'The tenant is suspended', 'permission_error']),
  tenant_exists: entry([409, 'There is such a tenant already', invalid]),
  too_many_keys: entry([422, 'The tenant has too many API keys', invalid]),
  not_found: entry([404, 'There is nothing here', invalid]),
  version_mismatch: entry([412, 'It has changed meanwhile', invalid]),
  precondition_required: entry([428, 'The version that you have seen is needed', invalid]),
  job_not_ended: entry([409, 'The job has not ended yet', invalid]),
  job_deleted: entry([409, 'The job of this key was deleted', invalid]),
  no_result: entry([409, 'The job has ended without an answer', invalid]),
  job_not_changeable: entry([409, 'The job can no longer be changed', invalid]),
  job_not_retryable: entry([409, 'The job cannot be retried', invalid]),
  request_gone: entry([410, 'The stored request of the job is gone', invalid]),
  ceiling_in_use: entry([409, 'The ceiling is below what the job holds', invalid]),
  method_not_allowed: entry([405, 'The method is not allowed here', invalid]),
  request_timeout: entry([408, 'The body did not arrive in time', invalid, true]),
  body_too_large: entry([413, 'The body is too large', invalid]),
  unsupported_media_type: entry([415, 'The content type is not supported', invalid]),
  money_stopped: entry([503, 'The money of the tenant does not add up', 'server_error', true]),
  key_limit_exceeded: entry([429, 'A limit of the API key is reached', 'rate_limit_error', true]),
  operation_limit: entry([429, 'Too many operations are running', 'rate_limit_error', true]),
  too_much_feedback: entry([409, 'As many users as may have judged the job', invalid]),
  too_many_streams: entry([429, 'Too many event streams are open', 'rate_limit_error', true]),
  atomic_busy: entry([503, 'Too many atomic calls at once', 'server_error', true]),
  not_configured: entry([501, 'This server is not set up for that', 'server_error']),
  internal: entry([500, 'Forebay failed', 'server_error', true]),
  store_unavailable: entry([503, 'The store does not answer', 'server_error', true]),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalog;

/** Why a job failed; these appear as `error.code` on the job, never as an HTTP status. */
export const jobErrorCatalog = {
  provider_error: 'The provider refused the request and no other model was allowed or left',
  attempts_exhausted: 'Every allowed attempt failed',
  ambiguous_attempts_exhausted:
    'Attempts ended without a known result and another one would risk paying twice',
  cost_ceiling_exceeded: 'No remaining model fits what is left of the cost ceiling',
  budget_exceeded: 'No remaining model fits what is left of a budget',
  paused_past_deadline: 'Providers asked for pauses that end after the deadline',
  no_eligible_model: 'No configured model can take the job any more',
  payload_unreadable: 'The stored request of the job is gone or damaged',
  malformed_output: 'No answer had the form that the job asks for; those that came are charged',
  quarantined: 'The job ended two worker processes',
  deadline_exceeded: 'The deadline passed before an answer was complete',
  cancelled: 'The caller cancelled the job',
} as const;

export type JobErrorCode = keyof typeof jobErrorCatalog;

function entry([status, title, openaiType, retryable]: Entry): ErrorEntry {
  return { status, title, openaiType, retryable: retryable ?? false };
}
