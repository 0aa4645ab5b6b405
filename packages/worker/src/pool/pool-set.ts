/**
 * The pools of a worker process, one for each model that it serves. After a reload of the
 * configuration `adapt` gives new models pools, lets those of removed ones drain, and tells the
 * others to look at their models again.
 */
import type { Model } from '@forebay/shared/domain/model-catalog';
import type { ModelPool } from './model-pool.ts';

export interface PoolSetDeps {
  /** The models that this process serves now. */
  readonly served: () => readonly Model[];
  readonly open: (model: Model) => ModelPool;
  readonly onError: (error: unknown) => void;
}

export interface PoolSet {
  start(): void;
  adapt(): void;
  /** Takes no further tickets; resolves when all running ones have ended. */
  drain(): Promise<void>;
  /** Models with a pool that takes tickets. */
  models(): readonly string[];
  /** Tickets that run now, by model. */
  running(): ReadonlyMap<string, number>;
}

export function createPoolSet(deps: PoolSetDeps): PoolSet {
  const pools = new Map<string, ModelPool>();
  const draining = new Set<Promise<void>>();
  let phase: 'idle' | 'running' | 'stopped' = 'idle';
  const letDrain = (pool: ModelPool): void => {
    const ending = pool.drain().catch(deps.onError);
    draining.add(ending);
    void ending.finally(() => draining.delete(ending));
  };
  const adapt = (): void => {
    if (phase === 'stopped') return;
    const served = new Map(deps.served().map((model) => [model.name, model]));
    for (const [name, pool] of pools) {
      if (served.has(name)) pool.adapt();
      else {
        pools.delete(name);
        letDrain(pool);
      }
    }
    for (const [name, model] of served) {
      if (pools.has(name)) continue;
      const pool = deps.open(model);
      pools.set(name, pool);
      if (phase === 'running') pool.start();
    }
  };
  adapt();
  return {
    adapt,
    start() {
      phase = 'running';
      for (const pool of pools.values()) pool.start();
    },
    async drain() {
      phase = 'stopped';
      for (const pool of pools.values()) letDrain(pool);
      await Promise.all(draining);
    },
    models: () => [...pools.keys()],
    running: () => new Map([...pools].map(([name, pool]) => [name, pool.running()])),
  };
}
