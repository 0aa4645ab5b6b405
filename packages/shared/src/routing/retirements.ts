/** Models whose retirement is near or past, for people who should hear of it in time. */
import type { Catalog, Model } from '../domain/model-catalog.ts';
import { isRetired } from './resolve-alias.ts';

const aheadMs = 30 * 24 * 3_600_000;

export type ModelLife = 'active' | 'retiring' | 'retired';

/** @param nowMs milliseconds since 1970 */
export function lifeOf(model: Pick<Model, 'retiresAtMs'>, nowMs: number): ModelLife {
  if (isRetired(model, nowMs)) return 'retired';
  return isRetired(model, nowMs + aheadMs) ? 'retiring' : 'active';
}

/** A line for each, such as `model a retires on 2026-12-31; b takes its place`. */
export function retirementNotices({ models }: Catalog, nowMs: number): readonly string[] {
  return [...models.values()].flatMap((model) => {
    const { name, retiresAtMs, replacedBy } = model;
    if (retiresAtMs === undefined || lifeOf(model, nowMs) === 'active') return [];
    const day = new Date(retiresAtMs).toISOString().slice(0, 10);
    const verb = isRetired(model, nowMs) ? 'retired on' : 'retires on';
    const next = replacedBy === undefined ? 'nothing takes' : `${replacedBy} takes`;
    return [`model ${name} ${verb} ${day}; ${next} its place`];
  });
}
