/** Breakers of a model's deployments, as operators set them by hand. */
import type { BreakerSettings } from '../domain/breaker.ts';
import type { LaneStore } from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { asText } from './reply.ts';
import type { ScriptRunner } from './script-runner.ts';

export function createLaneBreakers(deps: {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}): Pick<LaneStore, 'setBreaker'> {
  return {
    async setBreaker(model, { deployment, state, forMs, by, why = '' }) {
      if (deployment.breaker === undefined) throw new Error(`${deployment.id} has no breaker`);
      const reply = await deps.scripts.run({
        script: 'lane-break',
        keys: [`${deps.keys.lane(model).health}:${deployment.id}`],
        args: [state, Math.ceil(forMs), breakerText(deployment.breaker), by, why],
      });
      const before = asText(reply);
      return before === 'open' || before === 'ramping' ? before : 'closed';
    },
  };
}

/** As `lua/include/breaker.lua` reads it. */
export function breakerText(settings: BreakerSettings | undefined): string {
  if (settings === undefined) return '';
  const { failures, errorRate, callsMin, openMs, openMsMax, rampMs } = settings;
  return [failures, errorRate, callsMin, openMs, openMsMax, rampMs].join('|');
}
