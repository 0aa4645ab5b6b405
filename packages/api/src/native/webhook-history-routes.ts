/** What a webhook endpoint was told, and how that went. */
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import { type KeyedRoute, plainLimits } from '../http/route-table.ts';
import { viewAttempt, viewEvents } from '../intake/webhooks/endpoint-view.ts';
import { readEndpoint, requireEndpointRef } from '../intake/webhooks/manage-endpoints.ts';
import { parseAttemptsQuery, parseEventsQuery } from '../intake/webhooks/parse-endpoint-query.ts';
import type { WebhookRoutesDeps } from './webhook-routes.ts';

export function webhookHistoryRoutes(deps: WebhookRoutesDeps): readonly KeyedRoute[] {
  const facts = {
    method: 'GET',
    scope: 'webhooks:manage',
    limits: plainLimits,
    audit: 'read',
    requestSchema: 'none',
  } as const;
  return [
    {
      ...facts,
      path: '/v1/webhooks/:id/events',
      summary: 'List its events after a sequence number',
      handle: (call) => getEvents(deps, call),
    },
    {
      ...facts,
      path: '/v1/webhooks/:id/attempts',
      summary: 'List the newest attempts to deliver',
      handle: (call) => getAttempts(deps, call),
    },
  ];
}

async function getEvents(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = requireEndpointRef(call.caller.tenant, call.params['id'] ?? '');
  const { after, limit } = parseEventsQuery(call.query);
  const page = await answerInTime(deps.clock, async () => {
    await readEndpoint(deps.webhooks, ref);
    return deps.webhooks.endpoints.listEvents(ref, after, limit);
  });
  return { status: 200, body: viewEvents(page, after, deps.publicUrl) };
}

async function getAttempts(deps: WebhookRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const ref = requireEndpointRef(call.caller.tenant, call.params['id'] ?? '');
  const limit = parseAttemptsQuery(call.query);
  const attempts = await answerInTime(deps.clock, async () => {
    await readEndpoint(deps.webhooks, ref);
    return deps.webhooks.endpoints.listAttempts(ref, limit);
  });
  return { status: 200, body: { object: 'list', data: attempts.map(viewAttempt) } };
}
