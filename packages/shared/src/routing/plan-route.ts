/**
 * Decides where a job may go: ordered candidates, and for every other model the reason why not.
 *
 * A pure function. The api calls it when a job comes in (and for the dry run `POST /v1/route`);
 * the dispatcher calls it again, with the job's history and fresh live figures, whenever the job
 * has to move. It reserves nothing and calls nobody: taking money and permits is the store's part.
 *
 *  1. Same input, same plan: chance comes in only as `seed`.
 *  2. Every model that the request names is either a candidate or an exclusion, exactly once.
 *  3. No candidate's worst case is above what is left of the ceiling.
 *  4. A guess (dead pool, probably late) never leaves a job without a candidate.
 *
 * The filter is in `eligibility.ts`, the order in `score.ts`, the figures in
 * `considered-model.ts`.
 */
import type { RouteTarget } from '../domain/model-catalog.ts';
import { formatUsd } from '../domain/money.ts';
import { didYouMean } from '../domain/nearest-name.ts';
import type { RouteCandidate, RouteExclusion, RoutePlan } from '../domain/route-plan.ts';
import { type ConsideredModel, considerModel } from './considered-model.ts';
import { findDoubt, findExclusion, type Objection } from './eligibility.ts';
import { aimOf, type PlanInput } from './plan-input.ts';
import { orderModels, type ScoredModel } from './score.ts';

/** Plans a job. An empty list of candidates is an answer, too: `exclusions` says why. */
export function planRoute(input: PlanInput): RoutePlan {
  const { strategy, targets } = preferCheaper(expandRequest(input), input);
  const known = considerKnownModels(targets, input);
  const able = excludeBy(findExclusion, known.models, input);
  const certain = excludeBy(findDoubt, able.models, input);
  const eligible = certain.models.length > 0 ? certain : { models: able.models, exclusions: [] };
  const ordered = orderModels(eligible.models, strategy, input.seed);
  return {
    requested: input.request.requested,
    strategy,
    candidates: ordered.map((scored) => describeCandidate(scored, strategy, input)),
    exclusions: [...known.exclusions, ...able.exclusions, ...eligible.exclusions],
    catalogVersion: input.catalog.version,
    plannedAtMs: input.limits.nowMs,
    ...becauseOf(input),
  };
}

function becauseOf({ request }: PlanInput): Pick<RoutePlan, 'because'> {
  const because = request.directives?.because ?? [];
  return because.length === 0 ? {} : { because };
}

interface ExpandedRequest {
  readonly strategy: RoutePlan['strategy'];
  readonly targets: readonly RouteTarget[];
}

/** Models that are still in, and those that just went out. */
interface Division {
  readonly models: readonly ConsideredModel[];
  readonly exclusions: readonly RouteExclusion[];
}

/** A list stands for itself, a route for its targets, a model for itself and its fallbacks. */
function expandRequest({ catalog, request }: PlanInput): ExpandedRequest {
  const { requested, models } = aimOf(request);
  const route = catalog.routes.get(requested);
  if (models.length === 0 && route !== undefined) return route;
  const fallbacks = catalog.models.get(requested)?.fallbacks ?? [];
  const names = models.length > 0 ? models : [requested, ...fallbacks];
  return {
    strategy: 'listed',
    targets: [...new Set(names)].map((model) => ({ model, weight: 1 })),
  };
}

/**
 * While money runs short the cheapest goes first, where any of several models will do. Who named
 * one model gets it: its fallbacks are for failures (decision 0037).
 */
function preferCheaper(
  expanded: ExpandedRequest,
  { request, catalog }: PlanInput,
): ExpandedRequest {
  const { requested, models } = aimOf(request);
  const anyWillDo = models.length > 1 || catalog.routes.has(requested);
  if (request.brownout === undefined || !anyWillDo) return expanded;
  return { ...expanded, strategy: 'cheapest' };
}

function considerKnownModels(targets: readonly RouteTarget[], input: PlanInput): Division {
  const models: ConsideredModel[] = [];
  const exclusions: RouteExclusion[] = [];
  for (const { model: name, weight } of targets) {
    const model = input.catalog.models.get(name);
    if (model === undefined) exclusions.push(unknownModel(name, input));
    else models.push(considerModel(model, weight, input));
  }
  return { models, exclusions };
}

function unknownModel(name: string, { catalog }: PlanInput): RouteExclusion {
  const names = [...catalog.models.keys(), ...catalog.routes.keys()];
  const reason = `no model or route has this name${didYouMean(name, names)}`;
  return { model: name, code: 'unknown_model', reason };
}

type Judge = (considered: ConsideredModel, input: PlanInput) => Objection | undefined;

function excludeBy(judge: Judge, models: readonly ConsideredModel[], input: PlanInput): Division {
  const judged = models.map((considered) => ({ considered, objection: judge(considered, input) }));
  return {
    models: judged.filter((each) => each.objection === undefined).map((each) => each.considered),
    exclusions: judged.flatMap(({ considered, objection }) =>
      objection === undefined ? [] : [{ model: considered.model.name, ...objection }],
    ),
  };
}

function describeCandidate(
  { considered, score }: ScoredModel,
  strategy: RoutePlan['strategy'],
  input: PlanInput,
): RouteCandidate {
  const { model, outputCap } = considered;
  return {
    model: model.name,
    reservationNanoUsd: considered.reservation.toString(),
    expectedNanoUsd: considered.expectedCost.toString(),
    reservedTokens: considered.reservedTokens,
    outputCapTokens: outputCap.tokens,
    outputCapSource: outputCap.source,
    ...(considered.startMs === undefined ? {} : { startMs: considered.startMs }),
    expectedMs: considered.expectedMs,
    score,
    reason: explainChoice(considered, strategy, input),
  };
}

/** Such as `cheapest: about 0.0002 USD, at most 0.004 USD; about 900 ms`. */
function explainChoice(
  considered: ConsideredModel,
  strategy: RoutePlan['strategy'],
  input: PlanInput,
): string {
  const { expectedCost, reservation, expectedMs, attemptsMade } = considered;
  const doubt = findDoubt(considered, input);
  const { brownout } = input.request;
  return [
    `${strategy}: about ${formatUsd(expectedCost)} USD, at most ${formatUsd(reservation)} USD`,
    expectedMs === undefined ? 'not timed yet' : `about ${expectedMs} ms`,
    ...(brownout === undefined || strategy !== 'cheapest' ? [] : [brownout]),
    ...(attemptsMade > 0 ? [`attempts made here: ${attemptsMade}`] : []),
    ...(doubt === undefined ? [] : [`although ${doubt.reason}`]),
  ].join('; ');
}
