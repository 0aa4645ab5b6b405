/**
 * Moves due events from the outbox to the delivery queue, over all shards. Any number of relays
 * may run. Not a scheduler: due times live in the outbox, BullMQ only carries (S9).
 *
 * L1 Taking holds an event for a while. A relay that dies before it has added the ticket, or a
 *    ticket that vanishes, costs that while and nothing else: the event is due again (S3).
 * L2 A ticket is good for less than the hold, by the time that a send may take; so an event is
 *    never on two usable tickets, and the bound per endpoint holds.
 * L3 The queue is kept short, so that a backlog waits in the outbox, where endpoints are fair to
 *    each other, and not in one line behind a dead endpoint (F42).
 */

import { isTerminal } from '@forebay/shared/domain/job-state';
import { limits } from '@forebay/shared/domain/limits';
import type { JobStore } from '@forebay/shared/ports/job-store';
import type { OutboxStore } from '@forebay/shared/ports/outbox-store';
import type { WakeUps } from '@forebay/shared/ports/wake-ups';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { createLoop, type Service } from '@forebay/shared/runtime/service';
import { wait } from '@forebay/shared/runtime/wait';
import type { DeliveryTickets } from './delivery-queue.ts';
import { ticketFor } from './delivery-ticket.ts';
import { createRelayBell } from './relay-bell.ts';

export interface RelayDeps {
  readonly outbox: Pick<OutboxStore, 'take'>;
  readonly jobs: Pick<JobStore, 'nowMs' | 'shardCount'>;
  readonly tickets: Pick<DeliveryTickets, 'add' | 'countWaiting'>;
  readonly wakeUps: Pick<WakeUps, 'listen'>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface RelaySettings {
  /** How long a taken event counts as being delivered (L1). */
  readonly holdMs: number;
  /** The part of it that sending and recording need (L2). */
  readonly sendMs: number;
  /** How often the outbox is looked through when nobody rings. */
  readonly intervalMs: number;
  /** The shortest pause between two looks. */
  readonly pauseMs: number;
  /** Tickets that may wait in the queue (L3). */
  readonly waitingMax: number;
}

export const relaySettingsDefault: RelaySettings = {
  holdMs: 60_000,
  sendMs: limits.webhookTimeoutMs + 5_000,
  intervalMs: 500,
  pauseMs: 50,
  waitingMax: 256,
};

/** Shards asked at once, and endpoints served per shard and look: together they bound a look. */
const shardsAtOnce = 16;
const endpointsPerTake = 8;

export interface Relay extends Service {
  /** Says that something may be due: an event was written, or a delivery ended. */
  ring(): void;
}

export function createRelay(
  deps: RelayDeps,
  settings: RelaySettings = relaySettingsDefault,
): Relay {
  const bell = createRelayBell(deps.clock);
  let stopListening: (() => void) | undefined;
  const loop = createLoop({
    name: 'webhook-relay',
    clock: deps.clock,
    intervalMs: settings.intervalMs,
    onError: deps.onError,
    async round(signal) {
      const moved = await relayDue(deps, settings, signal);
      await wait(deps.clock, settings.pauseMs, signal);
      if (moved === 0) await bell.waitForRing(settings.intervalMs, signal);
      return true;
    },
  });
  return {
    name: loop.name,
    ring: () => bell.ring(),
    start() {
      stopListening ??= deps.wakeUps.listen({
        onChange: (change) => {
          if (isTerminal(change.state)) bell.ring();
        },
        onReconnect: () => bell.ring(),
      });
      loop.start();
    },
    async stop() {
      stopListening?.();
      stopListening = undefined;
      await loop.stop();
    },
  };
}

/** One look through all shards. @returns how many tickets were added. */
async function relayDue(
  deps: RelayDeps,
  settings: RelaySettings,
  signal: AbortSignal,
): Promise<number> {
  let room = settings.waitingMax - (await deps.tickets.countWaiting());
  let moved = 0;
  // Asked before any take, so that the hold outlives the ticket and not the other way round.
  const sendByMs = (await deps.jobs.nowMs()) + settings.holdMs - settings.sendMs;
  const { shardCount } = deps.jobs;
  // A random start, so that no shard is always the last to find room.
  const start = Math.floor(deps.clock.random() * shardCount);
  for (let first = 0; first < shardCount && room > 0 && !signal.aborted; first += shardsAtOnce) {
    const count = Math.min(shardsAtOnce, shardCount - first);
    const shards = Array.from({ length: count }, (_, i) => (start + first + i) % shardCount);
    const counts = await Promise.all(
      shards.map((shard) => relayShard(deps, shard, { holdMs: settings.holdMs, sendByMs })),
    );
    const sum = counts.reduce((total, one) => total + one, 0);
    moved += sum;
    room -= sum;
  }
  return moved;
}

async function relayShard(
  deps: RelayDeps,
  shard: number,
  hold: { holdMs: number; sendByMs: number },
): Promise<number> {
  const events = await deps.outbox.take({
    shard,
    limit: endpointsPerTake,
    perEndpoint: limits.webhookConcurrency,
    holdMs: hold.holdMs,
  });
  if (events.length === 0) return 0;
  crashPoint('webhooks.after-take');
  for (const event of events) {
    crashPoint('webhooks.before-ticket');
    await deps.tickets.add(ticketFor(event, hold.sendByMs));
    crashPoint('webhooks.after-ticket');
  }
  return events.length;
}
