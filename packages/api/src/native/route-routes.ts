/** `/v1/route`: the plan that a job would get now, without making the job. */
import type { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { JsonObject } from '@forebay/shared/domain/json';
import { formatUsd } from '@forebay/shared/domain/money';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import type { KeyedRoute } from '../http/route-table.ts';
import { expectCandidate, viewExpectation } from '../intake/expect-job.ts';
import { type DryRunDeps, planOnly } from '../intake/plan-only.ts';
import { viewPlan } from '../intake/view-plan.ts';

export interface RouteRoutesDeps {
  readonly plan: DryRunDeps;
  readonly clock: Clock;
  readonly jobBytesMax: number;
}

export function routeRoutes(deps: RouteRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/route',
      summary: 'Plan a job without submitting it',
      scope: 'jobs:write',
      limits: { bodyBytesMax: deps.jobBytesMax, waitSecondsMax: 0 },
      audit: 'none',
      requestSchema: 'JobRequest',
      handle: (call) => postRoute(deps, call),
    },
  ];
}

async function postRoute(deps: RouteRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const { headers, body: envelope, bodyBytes: envelopeBytes } = call;
  const planned = await answerInTime(deps.clock, () =>
    planOnly(deps.plan, { envelope, envelopeBytes }, { ...call.caller, headers }),
  );
  const { features, times, plan, ceiling, refusal } = planned;
  const [first] = plan.candidates;
  const moment = { nowMs: plan.plannedAtMs, runAtMs: times.runAtMs };
  return {
    status: 200,
    body: {
      object: 'route_plan',
      route: viewPlan(plan, features),
      expected: viewExpectation(first && expectCandidate(first, moment)),
      refusal: refusal === undefined ? null : viewRefusal(refusal),
      cost: { ceiling: formatUsd(ceiling), currency: 'USD' },
      deadline_at: new Date(times.deadlineAtMs).toISOString(),
      features: {
        kind: features.kind,
        input_tokens_at_most: features.inputTokensBound,
        input_tokens_about: features.inputTokensEstimate,
        images: features.imageCount,
        choices: features.choices,
        needs: features.needs,
      },
    },
  };
}

/** As the problem of the submission would have it. */
function viewRefusal({ code, message, param, errors }: ForebayError): JsonObject {
  return {
    code,
    detail: message,
    param: param ?? null,
    errors: errors.map((error) => ({ ...error })),
  };
}
