/**
 * The permit of a call that is over. Whoever waits at the gate gets it and exchanges it for a
 * permit of its own in one step; without anybody there it is just given back.
 */
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
    exchangeFor(next) {
      isGone = true;
      return persist(deps, 'exchange', () => deps.lanes.exchange(permit, next));
    },
    async release() {
      if (isGone) return;
      isGone = true;
      try {
        await persist(deps, 'release', () => deps.lanes.release(permit));
      } catch (error) {
        deps.events.emit('loop.failed', { loop: `release ${permit.model}`, error });
      }
      crashPoint('worker.after-release');
    },
  };
}
