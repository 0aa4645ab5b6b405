/**
 * Replans what waits in a lane that nobody serves: its workers are all gone, no pool heartbeat for
 * one lease (S8), all its deployments are stopped because their credentials or quota were refused,
 * the breakers of all of them are open, their providers asked to wait, or an operator drains it.
 * BullMQ tells nobody, because only a living worker of a queue looks at it. Jobs move in pages, to
 * candidates whose lanes are open; those without such a candidate stay and wait, and behind a
 * breaker or a pause also those that would begin no sooner elsewhere (`choose-refuge.ts`): all
 * dispatchers together send a lane no more than one of them would by its figures
 * (`move-together.ts`). Lanes of models that a reload has removed are emptied in the same way once
 * no worker serves them any more; a job that no other model can take fails then.
 *
 * Like leases (S7), pools are judged only by who has watched for a lease without a gap: at a start
 * or after an outage the workers may only be late.
 */
import { isRecord, type JobRecord } from '@forebay/shared/domain/job';
import type { LaneClosure } from '@forebay/shared/domain/move-cause';
import type { ModelLive } from '@forebay/shared/domain/route-plan';
import type { LiveView } from '@forebay/shared/live/live-view';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { opensAtMs } from '@forebay/shared/routing/lane-recovery';
import { shortPauseMs } from '@forebay/shared/routing/leave-paused';
import { areBreakersOpen } from '@forebay/shared/routing/open-breakers';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { chooseRefuge } from './choose-refuge.ts';
import { createGrace } from './grace.ts';
import { moveTogether } from './move-together.ts';
import {
  type ReassignInput,
  type ReassignJobDeps,
  type ReassignOutcome,
  reassignJob,
} from './reassign-job.ts';
import { takesJobs } from './takes-jobs.ts';
import { tenantViewsOf } from './tenant-views.ts';

export interface ClosedLanesDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'read'>;
  readonly lanes: LaneStore;
  readonly live: Pick<LiveView, 'snapshot'>;
  /** Models that this process has served and that are no longer configured. */
  readonly removedModels: () => ReadonlySet<string>;
  readonly leaseMs: number;
  readonly sweepIntervalMs: number;
}

const pageSize = 50;

export function createClosedLaneReplanner(deps: ClosedLanesDeps): Service {
  const grace = createGrace(deps.clock, deps.leaseMs);
  let sent: Sent = { takenAtMs: 0, arrivals: new Map() };
  return createLoop({
    name: 'closed-lanes',
    clock: deps.clock,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'closed-lanes', durationMs }),
    intervalMs: deps.sweepIntervalMs,
    onError(error) {
      grace.noteOutage();
      deps.events.emit('loop.failed', { loop: 'closed-lanes', error });
    },
    round: async () => {
      const nowMs = await deps.jobs.nowMs();
      let moved = await emptyRemovedLanes(deps);
      if (grace.noteLook(nowMs) > nowMs) return moved > 0;
      const { takenAtMs, models } = deps.live.snapshot();
      if (takenAtMs !== sent.takenAtMs) sent = { takenAtMs, arrivals: new Map() };
      for (const [name, figures] of models) {
        if (figures.waiting === 0 || closureOf(figures, nowMs) === undefined) continue;
        // The snapshot may be older than the newest sign of life.
        const deployments = deps.catalog().models.get(name)?.deployments ?? [];
        const lane = await deps.lanes.live(name, deployments);
        const because = closureOf(lane, nowMs);
        if (because === undefined) continue;
        moved +=
          because === 'breaker_open' || because === 'paused'
            ? await sendToRefuges(deps, { model: name, because, lane, sent })
            : await emptyPage(deps, { model: name, because });
      }
      return moved > 0;
    },
  });
}

async function emptyRemovedLanes(deps: ClosedLanesDeps): Promise<number> {
  let moved = 0;
  for (const name of deps.removedModels()) {
    const lane = await deps.lanes.live(name, []);
    // Workers that have not read the new configuration yet may go on with it.
    if (lane.waiting > 0 && !lane.poolAlive)
      moved += await emptyPage(deps, { model: name, because: 'removed' });
  }
  return moved;
}

function closureOf(lane: ModelLive, nowMs: number): LaneClosure | undefined {
  if (!lane.poolAlive) return 'pool_dead';
  if (lane.stopped) return 'stopped';
  if (areBreakersOpen(lane)) return 'breaker_open';
  if (lane.held !== undefined) return lane.held === 'draining' ? 'drained' : undefined;
  return (opensAtMs(lane, nowMs) ?? 0) - nowMs > shortPauseMs ? 'paused' : undefined;
}

/** What was sent to each model since the figures of this moment. */
interface Sent {
  readonly takenAtMs: number;
  readonly arrivals: Map<string, number>;
}

interface ClosedLane {
  readonly model: string;
  readonly because: LaneClosure;
}

/** All leave that can. */
async function emptyPage(deps: ClosedLanesDeps, { model, because }: ClosedLane): Promise<number> {
  const page = await readPage(deps, model);
  const why = { kind: 'lane_closed', because } as const;
  return countMoved(
    await Promise.all(page.map(({ record }) => reassignJob(deps, { record, why }))),
  );
}

interface RestingLane {
  readonly model: string;
  readonly because: 'breaker_open' | 'paused';
  readonly lane: ModelLive;
  readonly sent: Sent;
}

/** Those leave that begin sooner elsewhere. */
async function sendToRefuges(deps: ClosedLanesDeps, resting: RestingLane): Promise<number> {
  const { model, because, lane, sent } = resting;
  const { arrivals } = sent;
  const live = deps.live.snapshot();
  const hasOther = [...live.models].some(([name, each]) => name !== model && takesJobs(each));
  if (!hasOther) return 0;
  const nowMs = await deps.jobs.nowMs();
  const chosen = new Map<string, ReassignInput[]>();
  for (const waiting of await readPage(deps, model)) {
    const { record } = waiting;
    const question = { ...waiting, nowMs, because, lane, arrivals, catalog: deps.catalog(), live };
    const to = chooseRefuge({ ...question, ...tenantViewsOf(deps, record) });
    if (to === undefined) continue;
    const why = { kind: 'lane_closed', because, to } as const;
    chosen.set(to, [...(chosen.get(to) ?? []), { record, why }]);
    arrivals.set(to, (arrivals.get(to) ?? 0) + 1);
  }
  const moves = await Promise.all(
    [...chosen].map(([to, jobs]) => {
      const { running = 0, waiting = 0 } = live.models.get(to) ?? {};
      const standingMax = running + waiting + (arrivals.get(to) ?? 0);
      return moveTogether(deps, { to, jobs, standingMax });
    }),
  );
  return moves.reduce((sum, { moved }) => sum + moved, 0);
}

interface WaitingJob {
  readonly record: JobRecord;
  /** Whether it is in the window, so among the first; the backlog is looked at by chance. */
  readonly isNext: boolean;
}

/** Some of the jobs that wait in a lane; what stands there without a job is cleared away. */
async function readPage(deps: ClosedLanesDeps, model: string): Promise<readonly WaitingJob[]> {
  const window = await deps.lanes.listStaleWindow(model, 0, pageSize);
  const backlog = await deps.lanes.listWaiting(model, pageSize);
  const jobs = await Promise.all(
    [...window, ...backlog].map(async (ticket, at) => {
      const record = await deps.jobs.read({ id: ticket.job, tenant: ticket.tenant });
      if (isRecord(record) && record.state === 'queued' && record.fence === ticket.fence) {
        return { record, isNext: at < window.length };
      }
      await deps.lanes.withdraw(model, ticket.id);
      return undefined;
    }),
  );
  return jobs.filter((job) => job !== undefined);
}

function countMoved(outcomes: readonly ReassignOutcome[]): number {
  return outcomes.filter((outcome) => outcome === 'moved').length;
}
