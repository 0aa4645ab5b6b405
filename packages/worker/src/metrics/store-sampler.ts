/**
 * Looks at the whole store for those who watch it: when a scrape asks, and not more often than
 * every two seconds, however many ask. Bounded: one short script for each shard and each lane.
 */
import type { Catalog } from '@forebay/shared/domain/model-catalog';
import { windowBase } from '@forebay/shared/domain/window-base';
import type {
  LaneFigures,
  ServerFigures,
  ShardFigures,
  StoreFigures,
} from '@forebay/shared/ports/store-figures';
import type { Clock } from '@forebay/shared/runtime/clock';
import { wait } from '@forebay/shared/runtime/wait';

export interface StoreSample {
  readonly shards: readonly ShardFigures[];
  readonly lanes: ReadonlyMap<string, LaneFigures>;
  readonly server: ServerFigures;
}

export interface StoreSamplerDeps {
  readonly figures: StoreFigures;
  readonly catalog: () => Catalog;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface StoreSampler {
  /** The newest figures; `undefined` when the store did not answer in time. */
  sample(): Promise<StoreSample | undefined>;
}

const freshMs = 2_000;
/** Shorter than a scrape waits. */
const patienceMs = 3_000;

export function createStoreSampler(deps: StoreSamplerDeps): StoreSampler {
  const { clock } = deps;
  let takenAtMs = Number.NEGATIVE_INFINITY;
  let newest: Promise<StoreSample | undefined> = Promise.resolve(undefined);
  return {
    sample() {
      if (clock.monotonicMs() - takenAtMs >= freshMs) {
        takenAtMs = clock.monotonicMs();
        newest = takeInTime(deps);
      }
      return newest;
    },
  };
}

async function takeInTime(deps: StoreSamplerDeps): Promise<StoreSample | undefined> {
  const done = new AbortController();
  const taking = take(deps).finally(() => done.abort());
  // A background connection waits for an absent server as long as it takes; a scrape does not.
  const late = wait(deps.clock, patienceMs, done.signal).then((timeIsUp) =>
    timeIsUp ? undefined : taking,
  );
  try {
    return await Promise.race([taking, late]);
  } catch (error) {
    // The figures are missing then, which says more than old ones.
    deps.onError(error);
    return undefined;
  } finally {
    // Whoever comes late has nobody left to tell.
    taking.catch(() => undefined);
  }
}

async function take({ figures, catalog }: StoreSamplerDeps): Promise<StoreSample> {
  const numbers = Array.from({ length: figures.shardCount }, (_, shard) => shard);
  const models = [...catalog().models.values()];
  const [shards, lanes, server] = await Promise.all([
    Promise.all(numbers.map((shard) => figures.readShard(shard))),
    Promise.all(models.map((model) => figures.readLane(model, windowBase(model)))),
    figures.readServer(),
  ]);
  const named = models.flatMap(({ name }, index): [string, LaneFigures][] => {
    const lane = lanes[index];
    return lane === undefined ? [] : [[name, lane]];
  });
  return { shards, lanes: new Map(named), server };
}
