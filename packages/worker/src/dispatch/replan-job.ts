/** The plan made again, on the live snapshot and with what the job has been through. */
import type { JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { type ErrorClass, ruleOf } from '@forebay/shared/domain/outcome';
import type { RoutePlan } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { aimOf, type PlanHistory, type PlanRequest } from '@forebay/shared/routing/plan-input';
import { planRoute } from '@forebay/shared/routing/plan-route';
import { planSeed } from '@forebay/shared/routing/plan-seed';
import { countByModel } from './count-attempts.ts';
import type { DecideInput } from './next-move.ts';

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
    request: {
      requested: spec.requested,
      ...namedAgain(record, catalog),
      features: spec.features,
      priority: record.priority,
      allowedModels: spec.allowedModels,
      brownout: input.brownout,
    },
    limits: {
      ceilingLeftNanoUsd: money.ceiling - money.spent - money.unknown - charged,
      budgetLeftNanoUsd: input.budgetLeftNanoUsd,
      deadlineAtMs: record.deadlineAtMs,
      nowMs,
      attemptsPerModelMax: limits.attemptsPerModelMax,
    },
    history: historyOf(input, failure),
    seed: planSeed(record.id),
  });
}

/**
 * What the caller named. Once that is no longer configured, nobody can say any more what it falls
 * back to: then it is what it stood for when the job was planned last.
 */
function namedAgain(
  { spec, plan }: JobRecord,
  catalog: Catalog,
): Pick<PlanRequest, 'models' | 'directives'> {
  const { directives, models } = spec;
  const aim = aimOf(spec);
  const isKnown = catalog.models.has(aim.requested) || catalog.routes.has(aim.requested);
  if (isKnown || aim.models.length > 0) return { models, directives };
  const planned = plan.candidates.map(({ model }) => model);
  if (directives === undefined) return { models: planned };
  const { requested } = aim;
  return { models, directives: { ...directives, target: { requested, models: planned } } };
}

function historyOf(input: DecideInput, failure: Failure | undefined): PlanHistory {
  const { record, catalog } = input;
  const visited = failure?.counted ?? countByModel(record, undefined);
  const excluded = new Map<string, string>();
  if (failure === undefined) excluded.set(record.model, 'nobody serves it now');
  else if (ruleOf(failure.errorClass).next === 'if_opted_in') {
    excluded.set(record.model, 'it filtered this content');
  }
  const tooSmall = failure?.errorClass === 'context_too_long';
  return {
    visited,
    excluded,
    largerContextThanTokens: tooSmall
      ? catalog.models.get(record.model)?.contextWindowTokens
      : undefined,
  };
}
