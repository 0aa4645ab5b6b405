/**
 * Fills each model's window in BullMQ from the backlog, fairly: the script chooses (class shares,
 * then deficit round robin over tenants), this loop brings the chosen tickets there, all of a
 * round together. A ticket of a job that has moved on meanwhile is stale and ends at its claim; one
 * that is lost on its way is missed by the window sweeper.
 */
import type { Model } from '@forebay/shared/domain/model-catalog';
import { windowBase } from '@forebay/shared/domain/window-base';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore } from '@forebay/shared/ports/lane-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import type { ReassignJobDeps } from './reassign-job.ts';

export interface FeederDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'hasten'>;
  readonly lanes: LaneStore;
  readonly ticketCheckMs: number;
}

/** Short against the second of throughput that a window holds. */
const feedIntervalMs = 100;
const ticketsPerRound = 200;

export function createFeeder(deps: FeederDeps): Service {
  return createLoop({
    name: 'feeder',
    clock: deps.clock,
    intervalMs: feedIntervalMs,
    onError: (error) => deps.events.emit('loop.failed', { loop: 'feeder', error }),
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'feeder', durationMs }),
    round: async () => {
      const { models: figures } = deps.live.snapshot();
      const waiting = [...deps.catalog().models.values()].filter(
        (model) => (figures.get(model.name)?.waiting ?? 0) > 0,
      );
      const counts = await Promise.all(waiting.map((model) => feedModel(deps, model)));
      return counts.some((count) => count === ticketsPerRound);
    },
  });
}

/** @returns how many tickets were taken. */
async function feedModel(deps: FeederDeps, model: Model): Promise<number> {
  const taken = await deps.lanes.take({
    model: model.name,
    windowBase: windowBase(model),
    limit: ticketsPerRound,
  });
  crashPoint('dispatcher.after-take');
  if (taken.length === 0) return 0;
  const refs = taken.map(({ ticket }) => ({ tenant: ticket.tenant, id: ticket.job }));
  await deps.jobs.hasten(refs, deps.ticketCheckMs);
  crashPoint('dispatcher.before-ticket');
  await deps.queue.addMany(model.name, taken);
  crashPoint('dispatcher.after-ticket');
  deps.events.emit('tickets.fed', { model: model.name, count: taken.length });
  return taken.length;
}
