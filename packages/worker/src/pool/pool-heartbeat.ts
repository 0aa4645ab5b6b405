/** Signs of life for each model's lane: without one for a lease, the model's pool is dead (S8). */
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import type { Clock } from '@forebay/shared/runtime/clock';
import { createLoop, type Service } from '@forebay/shared/runtime/service';

export interface PoolHeartbeatOptions {
  readonly lanes: Pick<LaneStore, 'heartbeat'>;
  /** Models that this worker serves now. */
  readonly models: () => readonly string[];
  /** As in the permits of its pools. */
  readonly holder: string;
  /** While it is false this worker takes no jobs, so it is no sign of life either. */
  readonly isHealthy: () => boolean;
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export function createPoolHeartbeat(options: PoolHeartbeatOptions): Service {
  return createLoop({
    name: 'pool-heartbeat',
    clock: options.clock,
    intervalMs: options.intervalMs,
    onError: options.onError,
    round: async () => {
      if (!options.isHealthy()) return false;
      await Promise.all(
        options.models().map((model) => options.lanes.heartbeat(model, options.holder)),
      );
      return false;
    },
  });
}
