/**
 * Every attribute that a span may carry. As with log fields this is an allow-list: what has no row
 * here cannot be set, so no prompt, answer or key slips into a trace through a new call (S10).
 */

/** Names with what they mean; the page about tracing is made from it. */
export const spanAttributes = {
  'http.request.method': 'method of the request',
  'http.route': 'path of the route, with its parameters as names',
  'http.response.status_code': 'status of the answer; 499 when the caller hung up first',
  'server.address': 'host that was called',
  'error.type': 'error code or error class; set on spans that failed',
  'gen_ai.operation.name': 'kind of the call: `chat`, `embeddings` or `responses`',
  'gen_ai.provider.name': 'name of the provider in the configuration',
  'gen_ai.request.model': "model as the provider's request names it",
  'gen_ai.usage.input_tokens': 'input tokens that the provider reported',
  'gen_ai.usage.output_tokens': 'output tokens that the provider reported',
  'forebay.request_id': 'id of the request, as in logs and in `X-Request-Id`',
  'forebay.tenant': 'tenant of the key',
  'forebay.job.id': 'job',
  'forebay.job.state': 'state in which the job ended',
  'forebay.job.priority': 'priority, 0 to 9',
  'forebay.job.replayed': 'true when the idempotency key had made the job before',
  'forebay.batch.id': 'bulk call that the job came with',
  'forebay.model': 'model in the configuration',
  'forebay.deployment': 'deployment that was called',
  'forebay.worker': 'worker that ran the attempt',
  'forebay.fence': 'fence of the attempt',
  'forebay.attempt.n': 'number of the attempt, 1 for the first',
  'forebay.attempt.outcome': '`succeeded`, or the class of the error',
  'forebay.attempt.ambiguity': 'what is known of a call that failed, such as `unknown`',
  'forebay.attempt.cost_nano_usd': 'what the attempt was charged, in billionths of a US dollar',
  'forebay.attempt.cost_is': '`exact`, `worst_case` or `none`',
  'forebay.attempt.first_byte_ms': 'from the start of the call to the first byte of the answer',
  'forebay.queue.wait_ms': 'how long the job waited before this attempt, by the clock of the store',
  'forebay.queue.waited': '`first`, or `next` after an earlier attempt',
  'forebay.reassign.from': 'model that the job left',
  'forebay.reassign.reason': 'why it moved on, as in its status reason',
  'forebay.webhook.event': 'type of the event',
  'forebay.webhook.event_id': 'id of the event, the same for each attempt to deliver it',
  'forebay.webhook.endpoint': 'endpoint, by its id; the URL may hold secrets and is left out',
  'forebay.webhook.attempt': 'number of the attempt to deliver it',
  'forebay.webhook.outcome': 'what came of it: `delivered`, `retry`, `given_up`',
} as const;

export type SpanAttributeName = keyof typeof spanAttributes;

export type SpanAttributes = {
  readonly [Name in SpanAttributeName]?: string | number | boolean | undefined;
};
