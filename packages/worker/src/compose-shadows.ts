/** Wires what makes shadows of ended jobs. */
import type { LiveConfig } from '@forebay/shared/config/live-config';
import type { ForebayEnv } from '@forebay/shared/config/read-env';
import type { LiveView } from '@forebay/shared/live/live-view';
import { createPayloadVault } from '@forebay/shared/payloads/payload-vault';
import type { ObjectStore } from '@forebay/shared/ports/object-store';
import type { TicketQueue } from '@forebay/shared/ports/ticket-queue';
import type { Store } from '@forebay/shared/redis/open-store';
import { systemClock } from '@forebay/shared/runtime/clock';
import type { Service } from '@forebay/shared/runtime/service';
import { createPlainSeal } from '@forebay/shared/storage/plain-seal';
import { createShadowKeeper } from './shadows/shadow-keeper.ts';
import type { WorkerEvents } from './worker-events.ts';

export interface ComposeShadowsInput {
  readonly env: ForebayEnv;
  readonly config: LiveConfig;
  readonly events: WorkerEvents;
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly live: LiveView;
  readonly queue: TicketQueue;
}

/** Sweeps over due jobs between two looks for shadows: nobody waits for one. */
const sweepsBetween = 5;

export function composeShadows(input: ComposeShadowsInput): Service {
  const { env, config, events, store, objects, live, queue } = input;
  const { jobs, tenants, terms, ledger, lanes } = store;
  const findModel = (name: string) => config.catalog.models.get(name);
  return createShadowKeeper({
    ...{ jobs, tenants, terms, ledger, live, events },
    vault: createPayloadVault({ seal: createPlainSeal(), objects }),
    tickets: { lanes, queue, findModel },
    catalog: () => config.catalog,
    ceilingDefault: () => config.defaults.ceilingNanoUsd,
    clock: systemClock,
    intervalMs: sweepsBetween * env.sweepIntervalMs,
  });
}
