/** Free places of a lane that are kept for jobs on their way to it. */
import type { LaneStore } from '../ports/lane-store.ts';
import type { StoreKeys } from './keys.ts';
import { asText } from './reply.ts';
import type { ScriptArgument, ScriptRunner } from './script-runner.ts';

type Keeping = Pick<LaneStore, 'keepPlaces' | 'releasePlaces'>;

export function createLaneKeeping(deps: {
  readonly scripts: ScriptRunner;
  readonly keys: StoreKeys;
}): Keeping {
  const keep = async (model: string, args: readonly ScriptArgument[]): Promise<number> => {
    const lane = deps.keys.lane(model);
    const reply = await deps.scripts.run({
      script: 'lane-keep',
      keys: [lane.window, lane.pauses, lane.stops],
      args: [lane.backlog, lane.permits, ...args],
    });
    return Number(asText(reply));
  };
  return {
    keepPlaces({ model, token, wanted, standingMax = '', holdMs, deployments }) {
      if (wanted === 0) return Promise.resolve(0);
      const places = deployments.map(({ id, concurrency }) => ({ id, concurrency }));
      return keep(model, [token, wanted, Math.ceil(holdMs), standingMax, JSON.stringify(places)]);
    },
    async releasePlaces(model, token) {
      await keep(model, [token, 0, 0, '', '[]']);
    },
  };
}
