/**
 * Looks after the windows: a ticket that has its window place but no living BullMQ entry (a crash
 * between the two, a wiped queue) is added again, or gives the place up if its job has moved on.
 */
import { isRecord, wantsTicket } from '@forebay/shared/domain/job';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore, PlacedTicket } from '@forebay/shared/ports/lane-store';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { placeTicket } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import type { ReassignJobDeps } from './reassign-job.ts';

export interface WindowSweeperDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'read'>;
  readonly lanes: LaneStore;
  /** Window places older than this are looked at. */
  readonly ticketCheckMs: number;
}

const placesPerRound = 200;

export function createWindowSweeper(deps: WindowSweeperDeps): Service {
  return createLoop({
    name: 'window-sweeper',
    clock: deps.clock,
    onRound: (durationMs) => deps.events.emit('loop.round', { loop: 'window-sweeper', durationMs }),
    intervalMs: Math.ceil(deps.ticketCheckMs / 4),
    onError: (error) => deps.events.emit('loop.failed', { loop: 'window-sweeper', error }),
    round: async (signal) => {
      for (const model of deps.catalog().models.keys()) {
        if (signal.aborted) return false;
        const stale = await deps.lanes.listStaleWindow(model, deps.ticketCheckMs, placesPerRound);
        await Promise.all(stale.map((ticket) => lookAfter(deps, model, ticket)));
      }
      return false;
    },
  });
}

async function lookAfter(
  deps: WindowSweeperDeps,
  model: string,
  ticket: PlacedTicket,
): Promise<void> {
  if ((await deps.queue.find(model, ticket.id)).kind !== 'absent') return;
  const record = await deps.jobs.read({ id: ticket.job, tenant: ticket.tenant });
  const waits =
    isRecord(record) &&
    wantsTicket(record) &&
    record.fence === ticket.fence &&
    record.model === model;
  if (!waits) {
    await deps.lanes.withdraw(model, ticket.id);
    return;
  }
  deps.events.emit('ticket.repaired', { job: record.id, model, fence: record.fence });
  const findModel = (name: string) => deps.catalog().models.get(name);
  await placeTicket({ lanes: deps.lanes, queue: deps.queue, findModel }, ticketOf(record), {
    replaceEnded: true,
    delayMs: record.notBeforeMs - (await deps.jobs.nowMs()),
  });
}
