/**
 * Fills each model's window in BullMQ from the backlog, fairly: the script chooses (class shares,
 * then deficit round robin over tenants), this loop brings the chosen tickets there. A chosen
 * ticket whose job cannot run (cancelled, moved) gives its place back.
 */
import type { JobRecord } from '@forebay/shared/domain/job';
import type { Model } from '@forebay/shared/domain/model-catalog';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { LaneStore, TakenTicket } from '@forebay/shared/ports/lane-store';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { windowBase } from '@forebay/shared/tickets/place-ticket';
import { ticketOf } from '@forebay/shared/tickets/ticket-of';
import type { ReassignJobDeps } from './reassign-job.ts';

export interface FeederDeps extends ReassignJobDeps {
  readonly jobs: ReassignJobDeps['jobs'] & Pick<JobStore, 'feed' | 'read'>;
  readonly lanes: LaneStore;
}

/** Short against the second of throughput that a window holds. */
const feedIntervalMs = 100;
const ticketsPerRound = 100;

export function createFeeder(deps: FeederDeps): Service {
  return createLoop({
    name: 'feeder',
    clock: deps.clock,
    intervalMs: feedIntervalMs,
    onError: (error) => deps.events.emit('loop.failed', { loop: 'feeder', error }),
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
  await Promise.all(taken.map((ticket) => feedTicket(deps, model.name, ticket)));
  return taken.length;
}

async function feedTicket(deps: FeederDeps, model: string, ticket: TakenTicket): Promise<void> {
  // Jobs that wait hold their reservation already; 0 is only right for those that do.
  const fed = await deps.jobs.feed({
    id: ticket.job,
    tenant: ticket.tenant,
    fence: ticket.fence,
    reservation: 0n,
  });
  crashPoint('dispatcher.after-feed');
  if (fed.kind !== 'fed') {
    await deps.lanes.withdraw(model, ticket.id);
    return;
  }
  await bring(deps, fed.record, ticket.guaranteed);
}

async function bring(deps: FeederDeps, record: JobRecord, guaranteed: boolean): Promise<void> {
  crashPoint('dispatcher.before-ticket');
  await deps.queue.add(ticketOf(record), { guaranteed, delayMs: 0, replaceEnded: false });
  crashPoint('dispatcher.after-ticket');
}
