/**
 * Models for a prompt that fits none of those that were named: the lists that these have for it.
 * While one of them fits, the lists are not looked at; and a caller's own list is the caller's
 * word, to which nothing is added.
 */
import type { RouteTarget } from '../domain/model-catalog.ts';
import type { ConsideredModel } from './considered-model.ts';
import type { Objection } from './eligibility.ts';
import { aimOf, type PlanInput } from './plan-input.ts';

/** @param objections what rules out each model that was named. */
export function widerTargets(
  { request }: PlanInput,
  objections: ReadonlyMap<ConsideredModel, Objection>,
): readonly RouteTarget[] {
  if (aimOf(request).models.length > 0) return [];
  const named = new Set([...objections.keys()].map(({ model }) => model.name));
  const lists = [...objections].flatMap(([{ model }, { code }]) =>
    code === 'context_too_small' ? model.contextFallbacks : [],
  );
  return [...new Set(lists)]
    .filter((name) => !named.has(name))
    .map((model) => ({ model, weight: 1 }));
}
