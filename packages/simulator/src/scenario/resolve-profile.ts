import { type ModelProfile, PLAIN_PROFILE, type Scenario } from './scenario.ts';

/**
 * The behaviour of one model at one deployment: the scenario's default, then its entry for the
 * model, then the deployment's default, then the deployment's entry; a later one replaces whole
 * fields of an earlier one. Null for an unknown model of a strict scenario.
 */
export function resolveProfile(
  scenario: Scenario,
  deployment: string,
  model: string,
): ModelProfile | null {
  if (scenario.strictModels && !knownModels(scenario, deployment).includes(model)) return null;
  const own = scenario.deployments.get(deployment);
  return {
    ...PLAIN_PROFILE,
    ...scenario.default,
    ...scenario.models.get(model),
    ...own?.default,
    ...own?.models.get(model),
  };
}

/** The models the scenario names for a deployment. */
export function knownModels(scenario: Scenario, deployment: string): string[] {
  const own = scenario.deployments.get(deployment)?.models.keys() ?? [];
  return [...new Set([...scenario.models.keys(), ...own])];
}

/** The keys a deployment accepts; null accepts any. */
export function acceptedKeys(scenario: Scenario, deployment: string): readonly string[] | null {
  return scenario.deployments.get(deployment)?.keys ?? scenario.keys;
}
