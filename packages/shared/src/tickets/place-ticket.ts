/**
 * Gives a job's ticket its place: straight into BullMQ when nobody waits for the model and the
 * window has room, else into the backlog, from where the feeder brings it. Placing the same
 * ticket again changes nothing, so whoever is unsure just places it again (S3).
 */

import { limits } from '../domain/limits.ts';
import type { Model } from '../domain/model-catalog.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { LaneStore, OfferResult } from '../ports/lane-store.ts';
import type { TicketQueue } from '../ports/ticket-queue.ts';

export interface PlaceTicketDeps {
  readonly lanes: Pick<LaneStore, 'offer'>;
  readonly queue: Pick<TicketQueue, 'add'>;
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
  const place =
    delayMs > 0
      ? 'delayed'
      : await deps.lanes.offer(ticket, windowBase(deps.findModel(ticket.model)));
  if (place !== 'backlog') {
    await deps.queue.add(ticket, { guaranteed: false, delayMs, replaceEnded });
  }
  return place;
}

/** Places in a model's window before throughput widens it: 2 × concurrency, at least 16. */
export function windowBase(model: Model | undefined): number {
  const concurrency = (model?.deployments ?? []).reduce((sum, entry) => sum + entry.concurrency, 0);
  return Math.max(limits.windowMin, 2 * concurrency);
}
