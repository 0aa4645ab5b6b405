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
 *  4. A guess (dead pool, probably late) never leaves a job without a candidate; where each is in
 *     doubt, models that would be late or take no calls for now stand behind the others. Nor does a
 *     pause: it leaves a model out only where another one would begin sooner, and in time.
 *
 * On what terms stands in `route-terms.ts`, the filter in `eligibility.ts`, the order in
 * `score.ts`, the figures in `considered-model.ts`.
 */
import type { RouteTarget } from '../domain/model-catalog.ts';
import { didYouMean } from '../domain/nearest-name.ts';
import type { RouteExclusion, RoutePlan } from '../domain/route-plan.ts';
import { type ConsideredModel, considerModel } from './considered-model.ts';
import { describeCandidate, qualityMember } from './describe-candidate.ts';
import { findDoubt, findExclusion, isClosedBy, isLate, type Objection } from './eligibility.ts';
import { findPaused } from './leave-paused.ts';
import type { PlanInput } from './plan-input.ts';
import { termsOf } from './route-terms.ts';
import { orderModels } from './score.ts';
import { widerTargets } from './wider-models.ts';

/** Plans a job. An empty list of candidates is an answer, too: `exclusions` says why. */
export function planRoute(input: PlanInput): RoutePlan {
  const terms = termsOf(input);
  const known = considerKnownModels(terms.targets, input);
  const able = judgeAble(known.models, input);
  const sure = judgeBy(findDoubt, able.passed, input);
  // A guess leaves a model out only while another one remains.
  const isDoubtful = sure.passed.length === 0;
  const left = isDoubtful ? able.passed : sure.passed;
  const closed = new Set(left.filter((each) => isClosedBy(sure.objections.get(each))));
  const paused = judgePauses(left, closed, input);
  const models = left.filter((each) => !paused.has(each));
  const ordered = orderModels({ models, isDoubtful, closed }, terms, input);
  return {
    requested: input.request.requested,
    strategy: terms.strategy,
    ...(terms.strategy === 'balanced' ? { weights: terms.weights } : {}),
    candidates: ordered.map((scored) =>
      describeCandidate(scored, { terms, input, doubt: sure.objections.get(scored.considered) }),
    ),
    exclusions: [
      ...known.exclusions,
      ...exclude(able.objections),
      ...(isDoubtful ? [] : exclude(sure.objections)),
      ...exclude(paused),
    ],
    catalogVersion: input.catalog.version,
    plannedAtMs: input.limits.nowMs,
    ...becauseOf(input),
  };
}

function becauseOf({ request }: PlanInput): Pick<RoutePlan, 'because'> {
  const because = request.directives?.because ?? [];
  return because.length === 0 ? {} : { because };
}

interface KnownModels {
  readonly models: readonly ConsideredModel[];
  readonly exclusions: readonly RouteExclusion[];
}

function considerKnownModels(targets: readonly RouteTarget[], input: PlanInput): KnownModels {
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
  const { models, routes, aliases } = catalog;
  if (routes.has(name)) {
    return { model: name, code: 'unknown_model', reason: 'it is a route; a list takes models' };
  }
  const names = [...models.keys(), ...routes.keys(), ...aliases.keys()];
  const reason = `no model or route has this name${didYouMean(name, names)}`;
  return { model: name, code: 'unknown_model', reason };
}

type Objections = ReadonlyMap<ConsideredModel, Objection>;

interface Judgement {
  readonly passed: readonly ConsideredModel[];
  readonly objections: Objections;
}

type Judge = (considered: ConsideredModel, input: PlanInput) => Objection | undefined;

function judgeBy(judge: Judge, models: readonly ConsideredModel[], input: PlanInput): Judgement {
  const objections = new Map<ConsideredModel, Objection>();
  const passed = models.filter((considered) => {
    const objection = judge(considered, input);
    if (objection !== undefined) objections.set(considered, objection);
    return objection === undefined;
  });
  return { passed, objections };
}

/** What rules models out; where the prompt fits none, the lists for that are looked at, too. */
function judgeAble(models: readonly ConsideredModel[], input: PlanInput): Judgement {
  const named = judgeBy(findExclusion, models, input);
  if (named.passed.length > 0) return named;
  const wider = considerKnownModels(widerTargets(input, named.objections), input).models;
  const { passed, objections } = judgeBy(findExclusion, wider, input);
  return { passed, objections: new Map([...named.objections, ...objections]) };
}

/** Among those that are left a pause counts only where another one would begin sooner. */
function judgePauses(
  left: readonly ConsideredModel[],
  closed: ReadonlySet<ConsideredModel>,
  input: PlanInput,
): Objections {
  if (input.keepsPaused === true) return new Map();
  const open = left.filter((each) => !closed.has(each));
  // To begin sooner is of no use where the answer would still come after the deadline.
  const inTime = open.filter((each) => !isLate(each, input));
  return findPaused(inTime.length > 0 ? inTime : open, input);
}

/** With what the models would have cost and taken, so that the choice can be judged later. */
function exclude(objections: Objections): readonly RouteExclusion[] {
  return [...objections].map(([{ model, expectedCost, expectedMs, quality }, objection]) => ({
    model: model.name,
    ...objection,
    expectedNanoUsd: expectedCost.toString(),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...qualityMember(quality),
  }));
}
