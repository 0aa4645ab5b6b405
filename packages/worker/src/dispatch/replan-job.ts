/** The plan made again, on the live snapshot and with what the job has been through. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import type { RoutePlan } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { aimOf, type PlanHistory, type PlanRequest } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { planSeed } from '@forebay/shared/routing/plan-seed';
import { countByModel } from './count-attempts.ts';
import type { DecideInput } from './next-move.ts';
import { ownFallbacks, pastFailures } from './past-failures.ts';

/** An attempt that ended without an answer of use. */
export interface Failure {
  readonly errorClass: ErrorClass;
  readonly settlement: AttemptSettlement;
  readonly counted: ReadonlyMap<string, number>;
}

/** @param failure `undefined` for a job that waits: it leaves its model. */
export function replan(input: DecideInput, failure: Failure | undefined): RoutePlan {
  const { record, catalog, live, nowMs } = input;
  const { money, spec } = record;
  const charged = failure?.settlement.end.costNanoUsd ?? 0n;
  return planRoute({
    catalog,
    live,
    quality: input.quality,
    request: {
      requested: spec.requested,
      ...namedAgain(record, catalog, failure?.settlement),
      features: spec.features,
      wishes: spec.routing,
      priority: record.priority,
      allowedModels: spec.allowedModels,
      brownout: input.brownout,
    },
    limits: {
      ceilingLeftNanoUsd: money.ceiling - money.spent - money.unknown - charged,
      budgetLeftNanoUsd: input.shortage?.left,
      cutsToBudget: input.shortage?.isOfAll === false,
      deadlineAtMs: record.deadlineAtMs,
      nowMs,
      countsFromMs: record.runAtMs ?? record.createdAtMs,
      attemptsPerModelMax: limits.attemptsPerModelMax,
    },
    history: historyOf(input, failure),
    seed: planSeed(record.id),
    keepsPaused: failure !== undefined,
  });
}

/**
 * What the caller named, or the list that takes over from it. Once the name is no longer
 * configured, nobody can say any more what it falls back to: then it is what it stood for when the
 * job was planned last.
 */
function namedAgain(
  record: JobRecord,
  catalog: Catalog,
  settlement: AttemptSettlement | undefined,
): Pick<PlanRequest, 'models' | 'directives'> {
  const { spec, plan } = record;
  const { directives, models } = spec;
  const aim = aimOf(spec);
  const list = ownFallbacks(record, catalog, settlement);
  if (list !== undefined) return namedInstead(spec, list);
  const isKnown = catalog.models.has(aim.requested) || catalog.routes.has(aim.requested);
  if (isKnown || aim.models.length > 0) return { models, directives };
  const planned = plan.candidates.map(({ model }) => model);
  return namedInstead(spec, planned);
}

function namedInstead(
  spec: JobRecord['spec'],
  list: readonly string[],
): Pick<PlanRequest, 'models' | 'directives'> {
  const { directives, models } = spec;
  if (directives === undefined) return { models: list };
  const { requested } = aimOf(spec);
  return { models, directives: { ...directives, target: { requested, models: list } } };
}

function whyLeft({ kind }: DecideInput['why']): string {
  return kind === 'overloaded' ? 'the job would wait there for too long' : 'nobody serves it now';
}

/**
 * With less output it may fit the model that it waits for; and a pause ends by itself, so the plan
 * says whether a model that nothing speaks against would begin sooner.
 */
function mayStay({ record, why }: DecideInput): boolean {
  if (why.kind === 'lane_closed' && why.because === 'paused') return true;
  const isShort = why.kind === 'over_budget' || why.kind === 'over_ceiling';
  return isShort && record.spec.features.cutsOutput === true;
}

function historyOf(input: DecideInput, failure: Failure | undefined): PlanHistory {
  const { record, catalog } = input;
  const past = pastFailures(record, catalog, failure?.settlement);
  const excluded = new Map(past.excluded);
  if (failure === undefined && !mayStay(input)) {
    excluded.set(record.model, whyLeft(input.why));
  }
  return {
    ...past,
    visited: failure?.counted ?? countByModel(record, undefined),
    excluded,
  };
}
