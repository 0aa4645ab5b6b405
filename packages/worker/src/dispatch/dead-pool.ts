/**
 * Replans what waits for a model whose workers are all gone (S8): no pool heartbeat for one lease.
 * BullMQ tells nobody, because only a living worker of a queue looks at it. Jobs move in pages, to
 * candidates that have living workers; those without such a candidate stay and wait.
 *
 * Like leases (S7), pools are judged only by who has watched for a lease without a gap: at a start
 * or after an outage the workers may only be late.
 */
import { isRecord } from '@forebay/shared/domain/job';
import type { LiveView } from '@forebay/shared/live/live-view';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore, PlacedTicket } from '@forebay/shared/ports/lane-store';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { createGrace } from './grace.ts';
import { type ReassignJobDeps, type ReassignOutcome, reassignJob } from './reassign-job.ts';

export interface DeadPoolDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'read'>;
  readonly lanes: LaneStore;
  readonly live: Pick<LiveView, 'snapshot'>;
  readonly leaseMs: number;
  readonly sweepIntervalMs: number;
}

const pageSize = 50;

export function createDeadPoolReplanner(deps: DeadPoolDeps): Service {
  const grace = createGrace(deps.clock, deps.leaseMs);
  return createLoop({
    name: 'dead-pool',
    clock: deps.clock,
    intervalMs: deps.sweepIntervalMs,
    onError(error) {
      grace.noteOutage();
      deps.events.emit('loop.failed', { loop: 'dead-pool', error });
    },
    round: async () => {
      const nowMs = await deps.jobs.nowMs();
      if (grace.noteLook(nowMs) > nowMs) return false;
      let moved = 0;
      for (const [name, figures] of deps.live.snapshot().models) {
        if (figures.poolAlive || figures.waiting === 0) continue;
        if (await isDead(deps, name)) moved += await replanPage(deps, name);
      }
      return moved > 0;
    },
  });
}

/** The snapshot may be older than the newest sign of life. */
async function isDead(deps: DeadPoolDeps, model: string): Promise<boolean> {
  const deployments = deps.catalog().models.get(model)?.deployments ?? [];
  return !(await deps.lanes.live(model, deployments)).poolAlive;
}

async function replanPage(deps: DeadPoolDeps, model: string): Promise<number> {
  const window = await deps.lanes.listStaleWindow(model, 0, pageSize);
  const backlog = await deps.lanes.listWaiting(model, pageSize);
  const outcomes = await Promise.all(
    [...window, ...backlog].map((ticket) => replanTicket(deps, model, ticket)),
  );
  return outcomes.filter((outcome) => outcome === 'moved').length;
}

async function replanTicket(
  deps: DeadPoolDeps,
  model: string,
  ticket: PlacedTicket,
): Promise<ReassignOutcome> {
  const record = await deps.jobs.read({ id: ticket.job, tenant: ticket.tenant });
  if (!isRecord(record) || record.state !== 'queued' || record.fence !== ticket.fence) {
    await deps.lanes.withdraw(model, ticket.id);
    return 'left';
  }
  return reassignJob(deps, { record, why: { kind: 'pool_dead' } });
}
