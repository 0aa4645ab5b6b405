/**
 * What a job would cost, without making it: the plan that a submission would get, with a low, an
 * expected and a high cost for each candidate. Calls nobody and stores nothing.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { newJobId } from '@forebay/shared/domain/ids';
import type {
  RequestFeatures,
  RouteCandidate,
  RouteExclusion,
} from '@forebay/shared/domain/route-plan';
import { type CostEstimate, estimateCost } from '@forebay/shared/pricing/estimate-cost';
import { expectedUsage, usageBounds } from '@forebay/shared/pricing/price-attempt';
import { correctEstimate } from '@forebay/shared/routing/correct-estimate';
import type { IntakeGrants } from '@forebay/shared/tenants/intake-grants';
import type { HeaderLookup } from '../direct-request.ts';
import { checkWebhook, type DraftJobDeps } from '../draft-job.ts';
import { lookUpWishes } from '../look-up-wishes.ts';
import {
  type KeyedPayer,
  type PlanJobDeps,
  planRequest,
  type ReceivedEnvelope,
  readRequest,
  requireCandidate,
} from '../plan-job.ts';
import { findJobProblems } from './find-job-problems.ts';
import { tellAll } from './tell-all.ts';

export type EstimateDeps = PlanJobDeps & Pick<DraftJobDeps, 'refuseWebhookUrl'>;

export interface EstimateOrder extends ReceivedEnvelope {
  readonly payer: KeyedPayer;
  readonly grants: IntakeGrants;
  readonly headers: HeaderLookup;
  /** The store's time. */
  readonly nowMs: number;
}

export interface CandidateEstimate extends CostEstimate {
  readonly candidate: RouteCandidate;
  readonly tokens: TokenEstimate;
}

export interface TokenEstimate {
  readonly inputAbout: number;
  readonly inputAtMost: number;
  readonly outputAbout: number;
  readonly outputAtMost: number;
}

export interface RequestEstimate {
  readonly features: RequestFeatures;
  /** Best first; at least one. */
  readonly candidates: readonly [CandidateEstimate, ...CandidateEstimate[]];
  readonly exclusions: readonly RouteExclusion[];
}

/** @throws ForebayError with everything that a submission would be refused for, in `errors`. */
export async function estimateRequest(
  deps: EstimateDeps,
  order: EstimateOrder,
): Promise<RequestEstimate> {
  try {
    return await estimateSound(deps, order);
  } catch (error) {
    if (!ForebayError.is(error) || error.entry.status >= 500) throw error;
    throw tellAll(error, await findJobProblems(deps, order));
  }
}

/** @throws ForebayError with the first problem, in the order in which a submission looks. */
async function estimateSound(deps: EstimateDeps, order: EstimateOrder): Promise<RequestEstimate> {
  const request = readRequest(order);
  const { nowMs, grants, headers, payer } = order;
  checkWebhook(deps, payer.tenant, request);
  const wishes = await lookUpWishes(deps, payer.tenant, request);
  const origin = { payer, grants, headers, wishes };
  const subject = { id: newJobId(), ...origin, takesTurn: false, nowMs };
  const { plan, features } = planRequest(deps, request, subject);
  const first = requireCandidate(plan, request, grants);
  const estimate = (candidate: RouteCandidate) => estimateCandidate(deps, candidate, features);
  const [, ...others] = plan.candidates;
  return {
    features,
    candidates: [estimate(first), ...others.map(estimate)],
    exclusions: plan.exclusions,
  };
}

function estimateCandidate(
  deps: PlanJobDeps,
  candidate: RouteCandidate,
  features: RequestFeatures,
): CandidateEstimate {
  const model = deps.catalog().models.get(candidate.model);
  // Only a swap of the configuration between two lines of code could take it away.
  if (model === undefined) throw new ForebayError('internal', 'A planned model is not there.');
  const { outputCapTokens } = candidate;
  const live = deps.live.snapshot().models.get(model.name);
  const corrected = correctEstimate(features, live);
  const quote = { model, deployments: model.deployments, features: corrected, outputCapTokens };
  const usual = expectedUsage(quote);
  const most = usageBounds(quote);
  return {
    candidate,
    ...estimateCost(quote),
    tokens: {
      inputAbout: usual.inputTokens,
      inputAtMost: most.inputTokensMax,
      outputAbout: usual.outputTokens,
      outputAtMost: most.outputTokensMax,
    },
  };
}
