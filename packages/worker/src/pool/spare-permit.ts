/**
 * The permit of a call that is over. Whoever waits at the gate gets it and exchanges it for a
 * permit of its own in one step; without anybody there it is just given back.
 */
import type { BreakerChange } from '@forebay/shared/domain/breaker';
import type {
  LaneStore,
  PermitRequest,
  PermitResult,
  PermitReturn,
} from '@forebay/shared/ports/lane-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { type PersistDeps, persist } from '../settlement/persist.ts';

export interface SparePermitDeps extends PersistDeps {
  readonly lanes: Pick<LaneStore, 'release' | 'exchange'>;
}

export interface SparePermit {
  /** @throws what {@link persist} throws. */
  exchangeFor(next: PermitRequest): Promise<PermitResult>;
  /** Does nothing after an exchange, and never rejects: the permit ends by itself in the end. */
  release(): Promise<void>;
}

export function createSparePermit(deps: SparePermitDeps, permit: PermitReturn): SparePermit {
  let isGone = false;
  return {
    async exchangeFor(next) {
      isGone = true;
      const result = await persist(deps, 'exchange', () => deps.lanes.exchange(permit, next));
      reportBreaker(deps, permit, result.breaker);
      return result.permit;
    },
    async release() {
      if (isGone) return;
      isGone = true;
      try {
        const change = await persist(deps, 'release', () => deps.lanes.release(permit));
        reportBreaker(deps, permit, change);
      } catch (error) {
        deps.events.emit('loop.failed', { loop: `release ${permit.model}`, error });
      }
      crashPoint('worker.after-release');
    },
  };
}

/** Whoever gave back the permit of the call that changed the breaker tells of it. */
function reportBreaker(
  { events }: SparePermitDeps,
  { model, deployment }: PermitReturn,
  change: BreakerChange | undefined,
): void {
  if (change === undefined) return;
  events.emit('breaker.changed', { model, deployment: deployment.id, ...change });
}
