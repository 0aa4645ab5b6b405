/** Live figures of all models for routing: read together, shared by requests of the same moment. */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import type { LiveSnapshot } from '@forebay/shared/domain/route-plan';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import type { Clock } from '@forebay/shared/runtime/clock';

export interface LiveFiguresDeps {
  readonly lanes: Pick<LaneStore, 'live'>;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
  /** How old shared figures may be. They only guide the choice; permits decide for real. */
  readonly maxAgeMs: number;
}

/** @returns a function that gives the figures, reading at most once per `maxAgeMs`. */
export function createLiveFigures(deps: LiveFiguresDeps): () => Promise<LiveSnapshot> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let latest: Promise<LiveSnapshot> | undefined;
  return () => {
    const nowMs = deps.clock.monotonicMs();
    if (latest !== undefined && nowMs - readAtMs < deps.maxAgeMs) return latest;
    readAtMs = nowMs;
    const reading = readFigures(deps);
    latest = reading;
    // A failed reading reaches those who wait for it, and nobody after them.
    reading.catch(() => {
      if (latest === reading) latest = undefined;
    });
    return reading;
  };
}

async function readFigures(deps: LiveFiguresDeps): Promise<LiveSnapshot> {
  const models = [...deps.catalog().models.values()];
  const figures = await Promise.all(
    models.map(async (model) => {
      const live = await deps.lanes.live(model.name, model.deployments);
      return [model.name, live] as const;
    }),
  );
  return { takenAtMs: deps.clock.nowMs(), models: new Map(figures) };
}
