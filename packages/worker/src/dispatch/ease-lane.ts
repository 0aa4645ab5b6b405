/**
 * Tells the lane what the provider said, so that no call of any process runs into the same wall.
 * It comes before the failed call's permit is given back: whoever is waiting for that would
 * otherwise call once more.
 */
import type { Deployment } from '@forebay/shared/domain/model-catalog';
import { ruleOf } from '@forebay/shared/domain/outcome';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { type PersistDeps, persist } from '../settlement/persist.ts';
import { lanePauseMs } from './lane-pause.ts';

export interface EaseLaneDeps extends PersistDeps {
  readonly lanes: Pick<LaneStore, 'pause' | 'stop'>;
}

export interface RefusedCall {
  readonly model: string;
  readonly deployment: Deployment;
  readonly outcome: AttemptSettlement['end']['outcome'];
  readonly retryAfterMs: number | undefined;
}

export async function easeLane(deps: EaseLaneDeps, call: RefusedCall): Promise<void> {
  const { model, outcome } = call;
  if (outcome === 'succeeded') return;
  const deployment = call.deployment.id;
  if (ruleOf(outcome).next === 'stop_deployment') {
    const first = await persist(deps, 'stop', () => deps.lanes.stop(model, deployment));
    if (first) deps.events.emit('deployment.stopped', { deployment, reason: outcome });
  }
  const pauseMs = lanePauseMs(outcome, call.retryAfterMs);
  if (pauseMs > 0) await persist(deps, 'pause', () => deps.lanes.pause(model, deployment, pauseMs));
}
