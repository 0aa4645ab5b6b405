/**
 * Gives a job's ticket its place: straight into BullMQ when nobody waits for the model and the
 * window has room, else into the backlog, from where the feeder brings it. Placing the same
 * ticket again changes nothing, so whoever is unsure just places it again (S3).
 */

import type { Model } from '../domain/model-catalog.ts';
import type { Ticket } from '../domain/ticket.ts';
import { windowBase } from '../domain/window-base.ts';
import type { LaneStore, OfferResult } from '../ports/lane-store.ts';
import type { TicketQueue } from '../ports/ticket-queue.ts';

export interface PlaceTicketDeps {
  readonly lanes: Pick<LaneStore, 'offer'>;
  readonly queue: Pick<TicketQueue, 'add' | 'addMany'>;
  /** The model's part of the catalog; `undefined` for a model that is no longer configured. */
  readonly findModel: (name: string) => Model | undefined;
}

export interface PlacementOptions {
  /** Back-off before the ticket may start. It waits in BullMQ and takes no window place. */
  readonly delayMs?: number;
  /** Set by repairs: an entry that ended under this id gives way to a new one. */
  readonly replaceEnded?: boolean;
}

/** @returns where the ticket stands now. */
export async function placeTicket(
  deps: PlaceTicketDeps,
  ticket: Ticket,
  options: PlacementOptions = {},
): Promise<OfferResult | 'delayed'> {
  const delayMs = Math.max(0, options.delayMs ?? 0);
  const replaceEnded = options.replaceEnded ?? false;
  const [place] = delayMs > 0 ? (['delayed'] as const) : await offer(deps, ticket.model, [ticket]);
  if (place !== 'backlog') {
    await deps.queue.add(ticket, { guaranteed: false, delayMs, replaceEnded });
  }
  return place ?? 'backlog';
}

/**
 * Places new tickets of any models, each model's in their order, with few calls however many they
 * are. Not for repairs.
 */
export async function placeTickets(
  deps: PlaceTicketDeps,
  tickets: readonly Ticket[],
): Promise<void> {
  const models = new Set(tickets.map(({ model }) => model));
  await Promise.all(
    [...models].map(async (model) => {
      const own = tickets.filter((ticket) => ticket.model === model);
      const places = await offer(deps, model, own);
      const direct = own.filter((_, index) => places[index] === 'window');
      const entries = direct.map((ticket) => ({ ticket, guaranteed: false }));
      await deps.queue.addMany(model, entries);
    }),
  );
}

function offer(
  deps: PlaceTicketDeps,
  model: string,
  tickets: readonly Ticket[],
): Promise<readonly OfferResult[]> {
  return deps.lanes.offer(model, tickets, windowBase(deps.findModel(model)));
}
