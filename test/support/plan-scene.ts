// Plans from a few words: the tests of routing say what differs from a plain case.

import type { Catalog, Model, Route, RouteStrategy } from '@forebay/shared/domain/model-catalog';
import type { RouteDirectives } from '@forebay/shared/domain/route-directives';
import type {
  ModelLive,
  QualityFigure,
  RouteExclusion,
  RoutePlan,
  RoutingWishes,
} from '@forebay/shared/domain/route-plan';
import { noHistory, type PlanHistory, type PlanInput } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { sampleCatalog, sampleFeatures, sampleLive } from './sample-catalog.ts';

export interface Scene {
  readonly catalog: Catalog;
  readonly requested?: string;
  readonly models?: readonly string[];
  readonly allowed?: readonly string[];
  readonly features?: Parameters<typeof sampleFeatures>[0];
  readonly live?: Readonly<Record<string, Partial<ModelLive>>>;
  readonly ceiling?: bigint;
  readonly budgetLeft?: bigint;
  readonly deadlineInMs?: number;
  readonly history?: Partial<PlanHistory>;
  readonly seed?: number;
  readonly wishes?: RoutingWishes;
  readonly directives?: RouteDirectives;
  readonly brownout?: string;
  readonly countsFromMs?: number;
  readonly priority?: number;
  readonly quality?: Readonly<Record<string, QualityFigure>>;
}

/** The moment of every plan. */
export const nowMs = 1_000_000;

export function inputOf(scene: Scene): PlanInput {
  const live = Object.entries(scene.live ?? {});
  return {
    catalog: scene.catalog,
    request: {
      requested: scene.requested ?? 'auto',
      models: scene.models ?? [],
      features: sampleFeatures(scene.features),
      priority: scene.priority,
      allowedModels: scene.allowed,
      wishes: scene.wishes,
      directives: scene.directives,
      brownout: scene.brownout,
    },
    live: {
      takenAtMs: nowMs,
      models: new Map(live.map(([name, each]) => [name, sampleLive(each)])),
    },
    limits: {
      ceilingLeftNanoUsd: scene.ceiling ?? 10n ** 12n,
      budgetLeftNanoUsd: scene.budgetLeft,
      deadlineAtMs: nowMs + (scene.deadlineInMs ?? 60_000),
      nowMs,
      countsFromMs: scene.countsFromMs,
      attemptsPerModelMax: 2,
    },
    history: { ...noHistory, ...scene.history },
    seed: scene.seed ?? 0,
    quality: (model) => scene.quality?.[model],
  };
}

export function plan(scene: Scene): RoutePlan {
  return planRoute(inputOf(scene));
}

/** The candidates, best first. */
export function names(result: RoutePlan): readonly string[] {
  return result.candidates.map(({ model }) => model);
}

export function whyNot(result: RoutePlan, model: string): RouteExclusion | undefined {
  return result.exclusions.find((exclusion) => exclusion.model === model);
}

/** A catalogue with the route `auto` over the given models, in order. */
export function routed(
  strategy: RouteStrategy,
  models: readonly Model[],
  { shares = [], ...route }: RoutedSettings = {},
): Catalog {
  const targets = models.map(({ name }, index) => ({ model: name, weight: shares[index] ?? 1 }));
  return sampleCatalog(models, [{ name: 'auto', strategy, targets, ...route }]);
}

interface RoutedSettings extends Partial<Pick<Route, 'weights' | 'goal' | 'minQuality'>> {
  /** Weights of the targets, in order; 1 where none is given. */
  readonly shares?: readonly number[];
}
