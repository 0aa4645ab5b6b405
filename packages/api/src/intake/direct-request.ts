/** Tells routing what it may know of a job that comes in, besides its request. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import type { RoutingWishes } from '@forebay/shared/domain/route-plan';
import { directJob } from '@forebay/shared/routing/direct-job';
import type { BoundedRequest, PlanSubject } from './plan-job.ts';
import { requireKnownModels, requireNoRoutes } from './require-known-models.ts';

/** Every occurrence of a header of the request that brought a job. */
export type HeaderLookup = (name: string) => readonly string[];

interface Resolved {
  readonly catalog: Catalog;
  readonly priority: number;
  readonly deadlineAtMs: number;
  /** Whether money runs short. */
  readonly savesMoney: boolean;
}

const noHeaders: HeaderLookup = () => [];

/** @throws ForebayError `invalid_request` for a preference, or one of a list, that is no model. */
export function directRequest(
  request: BoundedRequest,
  subject: PlanSubject,
  { catalog, priority, deadlineAtMs, savesMoney }: Resolved,
): RouteDirectives | undefined {
  const { id, payer, grants, nowMs, wishes = {}, headers = noHeaders } = subject;
  const { user, metadata, features, routing = {} } = request;
  const { prefer = [], avoid = [], session } = routing;
  requireNoRoutes(catalog, request.models, nowMs);
  requireKnownWishes(catalog, routing);
  const keyIds = [payer.keyId, payer.payerKeyId].filter((each) => each !== undefined);
  const deadlineInMs = deadlineAtMs - nowMs;
  const facts = { tenant: payer.tenant, keyIds, user, metadata, features, headers };
  return directJob({
    catalog,
    named: request,
    facts: { ...facts, priority, deadlineInMs },
    wishes: {
      ...{ ...wishes, ofJob: { prefer, avoid }, ofKey: grants.preferences, session },
      weightsOfKey: grants.weights,
    },
    boundTo: request.boundTo,
    drawText: id,
    savesMoney,
    nowMs,
  });
}

/** @throws ForebayError `invalid_request` for preferences that name no model. */
export function requireKnownWishes(
  catalog: Catalog,
  { prefer = [], avoid = [] }: RoutingWishes = {},
): void {
  requireKnownModels(catalog, [
    { path: ['routing', 'prefer'], names: prefer },
    { path: ['routing', 'avoid'], names: avoid },
  ]);
}
