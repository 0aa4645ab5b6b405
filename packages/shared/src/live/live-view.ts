/**
 * One process's view of all lanes, refreshed about once a second and never read per job: what
 * routing plans on, and what tells that a model's pool is dead.
 */
import type { Catalog } from '../domain/model-catalog.ts';
import type { LiveSnapshot, ModelLive } from '../domain/route-plan.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { LaneStore } from '../ports/lane-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { createLoop, type Service } from '../runtime/service.ts';

export interface LiveViewDeps {
  readonly lanes: Pick<LaneStore, 'live'>;
  readonly jobs: Pick<JobStore, 'nowMs'>;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface LiveView extends Service {
  /** The newest figures; empty before the first refresh. */
  snapshot(): LiveSnapshot;
  /** Reads the figures now; also what the background refresh does. */
  refresh(): Promise<LiveSnapshot>;
}

const refreshIntervalMs = 1_000;

export function createLiveView(deps: LiveViewDeps): LiveView {
  let newest: LiveSnapshot = { takenAtMs: 0, models: new Map() };
  const refresh = async (): Promise<LiveSnapshot> => {
    newest = await readSnapshot(deps);
    return newest;
  };
  const loop = createLoop({
    name: 'live-view',
    clock: deps.clock,
    intervalMs: refreshIntervalMs,
    onError: deps.onError,
    round: async () => {
      await refresh();
      return false;
    },
  });
  return { ...loop, snapshot: () => newest, refresh };
}

async function readSnapshot({ lanes, jobs, catalog }: LiveViewDeps): Promise<LiveSnapshot> {
  const takenAtMs = await jobs.nowMs();
  const entries = await Promise.all(
    [...catalog().models.values()].map(
      async (model): Promise<[string, ModelLive]> => [
        model.name,
        await lanes.live(model.name, model.deployments),
      ],
    ),
  );
  return { takenAtMs, models: new Map(entries) };
}
