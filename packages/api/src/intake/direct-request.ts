/** Tells routing what rules may know of a job that comes in. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import { directJob } from '@forebay/shared/routing/direct-job';
import type { BoundedRequest, PlanSubject } from './plan-job.ts';

/** Every occurrence of a header of the request that brought a job. */
export type HeaderLookup = (name: string) => readonly string[];

interface Resolved {
  readonly catalog: Catalog;
  readonly priority: number;
  readonly deadlineAtMs: number;
}

const noHeaders: HeaderLookup = () => [];

export function directRequest(
  request: BoundedRequest,
  subject: PlanSubject,
  { catalog, priority, deadlineAtMs }: Resolved,
): RouteDirectives | undefined {
  const { payer, nowMs, headers = noHeaders } = subject;
  const { user, metadata, features } = request;
  const keyIds = [payer.keyId, payer.payerKeyId].filter((id) => id !== undefined);
  const deadlineInMs = deadlineAtMs - nowMs;
  const facts = { tenant: payer.tenant, keyIds, user, metadata, features, headers };
  return directJob({
    catalog,
    named: request,
    facts: { ...facts, priority, deadlineInMs },
    nowMs,
  });
}
