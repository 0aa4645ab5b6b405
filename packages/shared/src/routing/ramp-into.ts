/**
 * What a model that stands in for another one may run: not all at once. While the other one's
 * breakers open, its whole traffic comes at a moment's notice, and a provider that has just been
 * asked little answers that with refusals and slow starts, which would bring the next model down.
 *
 * Nothing is held back unless a model that this one stands in for is out since less than the ramp:
 * an idle model takes a burst of its own jobs as fast as ever (record 0040). Pure; each process
 * works it out from its snapshot.
 */
import type { Catalog, Deployment, Model } from '../domain/model-catalog.ts';
import type { LiveSnapshot, ModelLive } from '../domain/route-plan.ts';

export interface RampScene {
  readonly catalog: Catalog;
  readonly live: LiveSnapshot;
}

/** Of the configured places; so many may be taken at once in any case. */
const shareAtFirst = 0.25;

/** @returns the model's deployments, with fewer places while it is ramped into. */
export function rampInto(model: Model, scene: RampScene): readonly Deployment[] {
  const rampMs = model.deployments[0]?.breaker?.rampMs;
  const sinceMs = standsInSinceMs(model, scene);
  if (rampMs === undefined || sinceMs === undefined) return model.deployments;
  const passed = Math.max(0, scene.live.takenAtMs - sinceMs) / rampMs;
  const byTime = shareAtFirst + (1 - shareAtFirst) * passed;
  const share = Math.max(byTime, 2 * usualShare(model, scene.live.models.get(model.name)));
  if (share >= 1) return model.deployments;
  return model.deployments.map((deployment) => ({
    ...deployment,
    concurrency: Math.max(1, Math.ceil(deployment.concurrency * share)),
  }));
}

/** When the last of the models that this one stands in for went out. */
function standsInSinceMs(model: Model, { catalog, live }: RampScene): number | undefined {
  let newestMs: number | undefined;
  for (const [name, figures] of live.models) {
    const outMs = outSinceMs(figures);
    if (outMs === undefined || name === model.name || !standsInFor(model, name, catalog)) continue;
    newestMs = Math.max(newestMs ?? 0, outMs);
  }
  return newestMs;
}

/** `undefined` while one of the model's deployments takes calls. */
function outSinceMs({ deployments = [] }: ModelLive): number | undefined {
  const isOut = deployments.every(({ breaker }) => breaker === 'open' || breaker === 'half_open');
  if (deployments.length === 0 || !isOut) return undefined;
  return Math.max(...deployments.map(({ breakerSinceMs }) => breakerSinceMs ?? 0));
}

function standsInFor(model: Model, name: string, { models, routes }: Catalog): boolean {
  if (models.get(name)?.fallbacks.includes(model.name) === true) return true;
  return [...routes.values()].some(({ targets }) => {
    const names = targets.map((target) => target.model);
    return names.includes(model.name) && names.includes(name);
  });
}

/** The share of its places that the model's calls have taken lately, by Little's law. */
function usualShare(model: Model, live: ModelLive | undefined): number {
  const places = model.deployments.reduce((sum, { concurrency }) => sum + concurrency, 0);
  return ((live?.answersPerSecond ?? 0) * ((live?.serviceMs ?? 0) / 1_000)) / places;
}
