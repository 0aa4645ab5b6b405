/** `/v1/webhooks`: a tenant's registered webhook endpoints. */
import { limits } from '@forebay/shared/domain/limits';
import type { ReplayResult } from '@forebay/shared/ports/webhook-endpoint-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { claimIdempotency, readIdempotencyKey } from '../intake/idempotency.ts';
import { viewEndpoint } from '../intake/webhooks/endpoint-view.ts';
import {
  changeEndpoint,
  createEndpoint,
  type EndpointDeps,
  type RegisteredEndpoint,
  readEndpoint,
  removeEndpoint,
  requireEndpointRef,
  rotateSecret,
} from '../intake/webhooks/manage-endpoints.ts';
import { replayEvent, replayWindow } from '../intake/webhooks/replay-events.ts';
import { testEndpoint } from '../intake/webhooks/test-endpoint.ts';
import { etagOf, requiredVersion } from './etag.ts';
import { webhookHistoryRoutes } from './webhook-history-routes.ts';

export interface WebhookRoutesDeps {
  readonly webhooks: EndpointDeps;
  readonly clock: Clock;
  /** Where callers reach the api, without a slash at its end; empty gives bare paths. */
  readonly publicUrl: string;
}

/** URL, description and every event, each at its longest. */
const endpointBytesMax = 8 * 1_024;
const smallBytesMax = 1_024;
/** What a test waits for its end, and the time of an answer. */
const testSecondsMax = limits.webhookTimeoutMs / 1_000 + 10;

type Handler = (deps: WebhookRoutesDeps, call: AuthenticatedCall) => Promise<ApiReply>;

type Row = readonly [
  method: KeyedRoute['method'],
  path: string,
  summary: string,
  handle: Handler,
  facts: Pick<KeyedRoute, 'limits' | 'requestSchema'>,
];

const bodiless = { limits: plainLimits, requestSchema: 'none' } as const;

const rows: readonly Row[] = [
  ['POST', '', 'Register a webhook endpoint', postEndpoint, takes(endpointBytesMax, 'Endpoint')],
  ['GET', '', 'List the webhook endpoints', listEndpoints, bodiless],
  ['GET', '/:id', 'Read a webhook endpoint', getEndpoint, bodiless],
  ['PATCH', '/:id', 'Change it', patchEndpoint, takes(endpointBytesMax, 'Endpoint')],
  ['DELETE', '/:id', 'Remove it', deleteEndpoint, bodiless],
  ['POST', '/:id/rotate', 'Make a new secret', postRotate, takes(smallBytesMax, 'Rotation')],
  [
    'POST',
    '/:id/test',
    'Send a test event and wait for its end',
    postTest,
    { ...bodiless, limits: { bodyBytesMax: 0, waitSecondsMax: testSecondsMax } },
  ],
  [
    'POST',
    '/:id/replay',
    'Send a window of events again',
    postReplay,
    takes(smallBytesMax, 'ReplayWindow'),
  ],
  ['POST', '/:id/events/:event/replay', 'Send an event again', postReplayEvent, bodiless],
];

export function webhookRoutes(deps: WebhookRoutesDeps): readonly KeyedRoute[] {
  const managing = rows.map(
    ([method, path, summary, handle, facts]): KeyedRoute => ({
      method,
      path: `/v1/webhooks${path}`,
      summary,
      scope: 'webhooks:manage',
      audit: method === 'GET' ? 'read' : 'write',
      ...facts,
      handle: (call) => handle(deps, call),
    }),
  );
  return [...managing, ...webhookHistoryRoutes(deps)];
}

function takes(
  bodyBytesMax: number,
  what: 'Endpoint' | 'Rotation' | 'ReplayWindow',
): Pick<KeyedRoute, 'limits' | 'requestSchema'> {
  return { limits: { bodyBytesMax, waitSecondsMax: 0 }, requestSchema: `Webhook${what}` };
}

function refOf({ caller, params }: AuthenticatedCall) {
  return requireEndpointRef(caller.tenant, params['id'] ?? '');
}

function replyWithSecret(
  status: number,
  { endpoint, secret }: Omit<RegisteredEndpoint, 'replayed'>,
) {
  const headers = { ETag: etagOf(endpoint.version), Location: `/v1/webhooks/${endpoint.id}` };
  return { status, headers, body: viewEndpoint(endpoint, secret) };
}

async function postEndpoint(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const { tenant } = call.caller;
  const { method, pathTemplate, body } = call;
  const key = readIdempotencyKey(call.headers('idempotency-key'));
  const scope = { tenant, method, pathTemplate };
  const claim = key === undefined ? undefined : claimIdempotency({ ...scope, key }, body);
  const { replayed, ...made } = await answerInTime(deps.clock, () =>
    createEndpoint(deps.webhooks, { tenant, body, claim }),
  );
  const { headers, ...reply } = replyWithSecret(201, made);
  return { ...reply, headers: replayed ? { ...headers, 'Idempotent-Replayed': 'true' } : headers };
}

async function listEndpoints(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const endpoints = await answerInTime(deps.clock, () =>
    deps.webhooks.endpoints.list(call.caller.tenant),
  );
  const data = endpoints.map((endpoint) => viewEndpoint(endpoint));
  return { status: 200, body: { object: 'list', data } };
}

async function getEndpoint(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  const endpoint = await answerInTime(deps.clock, () => readEndpoint(deps.webhooks, ref));
  const headers = { ETag: etagOf(endpoint.version) };
  return { status: 200, headers, body: viewEndpoint(endpoint) };
}

async function patchEndpoint(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  const version = requiredVersion(call.headers('if-match'));
  const endpoint = await answerInTime(deps.clock, () =>
    changeEndpoint(deps.webhooks, ref, { version, body: call.body }),
  );
  const headers = { ETag: etagOf(endpoint.version) };
  return { status: 200, headers, body: viewEndpoint(endpoint) };
}

async function deleteEndpoint(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  await answerInTime(deps.clock, () => removeEndpoint(deps.webhooks, ref));
  const body = { id: ref.id, object: 'webhook_endpoint.deleted', deleted: true };
  return { status: 200, body };
}

async function postRotate(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  return replyWithSecret(
    200,
    await answerInTime(deps.clock, () => rotateSecret(deps.webhooks, ref, call.body)),
  );
}

/** A receiver that refuses is the answer to the question, not an error of this call. */
async function postTest(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  const { endpoints } = deps.webhooks;
  const { eventId, attempt } = await testEndpoint(
    { endpoints, clock: deps.clock },
    ref,
    call.signal,
  );
  return {
    status: 200,
    body: {
      object: 'webhook_endpoint.test',
      webhook_endpoint_id: ref.id,
      event_id: eventId,
      event_type: 'webhook.test',
      outcome: attempt?.outcome ?? 'pending',
      success: attempt?.outcome === 'delivered',
      status_code: attempt?.status ?? null,
      error: attempt?.errorClass ?? null,
      duration_ms: attempt?.durationMs ?? null,
    },
  };
}

async function postReplay(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = refOf(call);
  return replyWithReplay(
    await answerInTime(deps.clock, () => replayWindow(deps.webhooks, ref, call.body)),
  );
}

async function postReplayEvent(
  deps: WebhookRoutesDeps,
  call: AuthenticatedCall,
): Promise<ApiReply> {
  const ref = refOf(call);
  const eventId = call.params['event'] ?? '';
  return replyWithReplay(
    await answerInTime(deps.clock, () => replayEvent(deps.webhooks, ref, eventId)),
  );
}

function replyWithReplay({ count, last, hasMore }: ReplayResult): ApiReply {
  const body = {
    object: 'webhook_endpoint.replay',
    replayed: count,
    last_sequence: count === 0 ? null : last,
    has_more: hasMore,
  };
  return { status: 202, body };
}
