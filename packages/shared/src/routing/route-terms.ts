/**
 * On what terms a job is planned: which models it may go to and by what they are compared.
 *
 * Whoever is nearer to the job decides: its own wishes, then the rules and keys that it came under
 * (directives), then its route. Weights are merged in that order, over the usual ones. All of them
 * hold where any of several models will do; who names one model gets it, and its fallbacks are for
 * failures.
 */
import type {
  Route,
  RouteGoal,
  RouteStrategy,
  RouteTarget,
  ScoreWeightChanges,
  ScoreWeights,
} from '../domain/model-catalog.ts';
import type { RoutingWishes } from '../domain/route-plan.ts';
import { usualWeights } from '../domain/score-weights.ts';
import { aimOf, type PlanInput } from './plan-input.ts';

export interface RouteTerms {
  readonly strategy: RouteStrategy | 'listed';
  readonly targets: readonly RouteTarget[];
  /** What the parts of a score weigh. */
  readonly weights: ScoreWeights;
  /** What `cheapest_meeting` looks for. */
  readonly goal: RouteGoal;
  /** Why cheaper models come first now; absent while the order is the one asked for. */
  readonly brownout?: string | undefined;
}

type TermsInput = Pick<PlanInput, 'catalog' | 'request'>;

const noWeights: ScoreWeights = { cost: 0, speed: 0, quality: 0, load: 0 };

/** Strategies that look at one part alone. */
const lonePart: Readonly<Partial<Record<RouteTerms['strategy'], ScoreWeights>>> = {
  cheapest: { ...noWeights, cost: 1 },
  fastest: { ...noWeights, speed: 1 },
  best: { ...noWeights, quality: 1 },
  'least-busy': { ...noWeights, load: 1 },
};

export function termsOf(input: TermsInput): RouteTerms {
  const { wishes, directives, brownout } = input.request;
  const route = routeOf(input);
  const anyWillDo = route !== undefined || aimOf(input.request).models.length > 1;
  const asked = anyWillDo ? (strategyOf(wishes) ?? strategyOf(directives)) : undefined;
  // Decision 0037: while money runs short the cheapest goes first.
  const isShort = anyWillDo && brownout !== undefined;
  const strategy = isShort ? 'cheapest' : (asked ?? route?.strategy ?? 'listed');
  const changes = [wishes?.weights, directives?.weights, route?.weights];
  return {
    strategy,
    targets: withCanary(route?.targets ?? listedTargets(input), input),
    weights: lonePart[strategy] ?? mergeWeights(changes),
    goal: wishes?.goal ?? route?.goal ?? {},
    ...(isShort ? { brownout } : {}),
  };
}

/** The quality that the job or its route asks for, the higher of both; 0 when neither does. */
export function qualityFloorOf(input: TermsInput): number {
  const wished = input.request.wishes?.minQuality ?? 0;
  return Math.max(wished, routeOf(input)?.minQuality ?? 0);
}

function routeOf({ catalog, request }: TermsInput): Route | undefined {
  const { requested, models } = aimOf(request);
  return models.length > 0 ? undefined : catalog.routes.get(requested);
}

/** Who gives weights, or a goal, wants them used. */
function strategyOf(
  asked: Pick<RoutingWishes, 'strategy' | 'weights' | 'goal'> = {},
): RouteStrategy | undefined {
  if (asked.strategy !== undefined) return asked.strategy;
  if (asked.goal !== undefined) return 'cheapest_meeting';
  return asked.weights === undefined ? undefined : 'balanced';
}

/** A list stands for itself, a model for itself and its fallbacks. */
function listedTargets({ catalog, request }: TermsInput): readonly RouteTarget[] {
  const { requested, models } = aimOf(request);
  const fallbacks = catalog.models.get(requested)?.fallbacks ?? [];
  const names = models.length > 0 ? models : [requested, ...fallbacks];
  return [...new Set(names)].map((model) => ({ model, weight: 1 }));
}

/** A canary is none of its route's targets: who is not chosen to try it never gets it. */
function withCanary(
  targets: readonly RouteTarget[],
  { request }: TermsInput,
): readonly RouteTarget[] {
  const canary = request.directives?.leadWith;
  if (canary === undefined || targets.some(({ model }) => model === canary)) return targets;
  return [...targets, { model: canary, weight: 0 }];
}

/** @param changes those that count first come first. */
function mergeWeights(changes: readonly (ScoreWeightChanges | undefined)[]): ScoreWeights {
  const weightOf = (part: keyof ScoreWeights): number =>
    changes.find((each) => each?.[part] !== undefined)?.[part] ?? usualWeights[part];
  return {
    cost: weightOf('cost'),
    speed: weightOf('speed'),
    quality: weightOf('quality'),
    load: weightOf('load'),
  };
}
