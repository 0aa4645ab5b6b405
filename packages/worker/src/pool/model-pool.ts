/**
 * The pool of one model in this process: a BullMQ worker that turns tickets into executions.
 * Permit → claim → call → release, settle. The only translator between BullMQ and the execution.
 *
 * M1. No permit: the ticket goes back delayed, before any claim, and the pool stops fetching
 *     until the time the script named, or until one of its own calls ends. A lane may come free
 *     earlier, because an operator or a reload made it so: therefore one ticket looks for all of
 *     them each second, and the others come with it every few seconds.
 * M2. A ticket ends here whatever happens; the job's record alone says what becomes of the job.
 * M3. BullMQ's own retries, stalled check and events decide nothing (S9).
 * M4. A permit is given back when its call is over; what is written then needs none. A few tickets
 *     more than can hold permits are fetched and wait at a gate of this process, so that the next
 *     call begins at once. The gate is as wide as all deployments together: a ticket waits at it
 *     only while this process alone holds every permit, so no other process could run it sooner.
 *     Who waits there gets the permit of the call that ends and exchanges it for its own.
 */

import type { Deployment, Model } from '@forebay/shared/domain/model-catalog';
import type { LaneStore, PermitRequest, PermitResult } from '@forebay/shared/ports/lane-store';
import { modelQueueName } from '@forebay/shared/queue/queue-names';
import type { ReceivedTicket } from '@forebay/shared/queue/ticket';
import { decodeTicket } from '@forebay/shared/queue/ticket';
import type { RedisClient } from '@forebay/shared/redis/connection';
import { queuePrefix } from '@forebay/shared/redis/keys';
import type { Clock } from '@forebay/shared/runtime/clock';
import { crashPoint } from '@forebay/shared/runtime/crash-point';
import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import type { CallFacts } from '../execution/call-facts.ts';
import type { Assignment, ExecutionOutcome } from '../execution/execute-job.ts';
import { persist } from '../settlement/persist.ts';
import type { WorkerEvents } from '../worker-events.ts';
import { createFetchBrake, type FetchBrake } from './fetch-brake.ts';
import { createGate, type Gate, type GatePass } from './gate.ts';
import { createPlaces, type Places } from './places.ts';
import { createSparePermit, type SparePermit } from './spare-permit.ts';

export interface ModelPoolDeps {
  readonly lanes: Pick<LaneStore, 'acquire' | 'release' | 'exchange'>;
  readonly execute: (assignment: Assignment) => Promise<ExecutionOutcome>;
  /** Where its calls may go now, fewer at a time while it takes over from another model. */
  readonly deploymentsNow: (model: Model) => readonly Deployment[];
  /** The model as configured now; `undefined` once it is no longer configured. */
  readonly findModel: (name: string) => Model | undefined;
  readonly clock: Clock;
  /** The store's time, which deadlines are kept by. */
  readonly serverNowMs: () => Promise<number>;
  readonly events: WorkerEvents;
  /** Ends the trying of store calls when the process must go. */
  readonly giveUp: AbortSignal;
  readonly connection: RedisClient;
  readonly namespace: string;
  readonly workerName: string;
  /** Under which its permits are kept: this process and no other. */
  readonly holder: string;
  /** How long a permit counts beyond the longest call: settling takes a moment. */
  readonly permitSlackMs: number;
  /** Whether paid answers can be kept; without a journal no further job is taken. */
  readonly isHealthy: () => boolean;
}

export interface ModelPool {
  readonly model: string;
  start(): void;
  /** Takes over what is configured for the model now; running tickets end as they began. */
  adapt(): void;
  /** Takes no further tickets; resolves when the running ones have ended. */
  drain(): Promise<void>;
  running(): number;
}

/** How long a pool that cannot take jobs leaves tickets to others. */
const unfitPauseMs = 5_000;

/** M1. As soon as a model that an operator lets go on. */
const lookMs = 1_000;
/** M1: a thousand tickets that looked each second would be most of what the store does. */
const lookMsOthers = 5_000;

/** One process never runs more calls of one model than this, whatever the deployments allow. */
const poolConcurrencyMax = 1_024;

export function createModelPool(deps: ModelPoolDeps, model: Model): ModelPool {
  const name = modelQueueName(model.name);
  let running = 0;
  const permits = (): number => permitCount(deps.findModel(model.name) ?? model);
  const gate = createGate<SparePermit>(permits);
  const places = createPlaces(permits);
  const onError = (error: unknown): void => {
    deps.events.emit('loop.failed', { loop: name, error });
  };
  const brake = createFetchBrake({ clock: deps.clock, worker: () => worker, onError });
  const worker = new Worker<unknown, string>(
    name,
    // BullMQ hands its token only to a function that declares all three parameters.
    async (job, token, _signal) => {
      running += 1;
      try {
        const parts = { brake, gate, places };
        return await runTicket(deps, { model: model.name, job, token: token ?? '', ...parts });
      } finally {
        running -= 1;
        // BullMQ fetches by the new number from the next end of a ticket on.
        worker.concurrency = places.count();
      }
    },
    {
      connection: deps.connection,
      prefix: queuePrefix(deps.namespace, name),
      name: deps.workerName,
      autorun: false,
      concurrency: places.count(),
      lockDuration: 60_000,
      stalledInterval: 15_000,
      // The record counts attempts and deaths; a stalled ticket always comes back to be judged.
      maxStalledCount: 1_000_000,
    },
  );
  worker.on('error', onError);
  return {
    model: model.name,
    start() {
      worker.run().catch(onError);
    },
    adapt() {
      worker.concurrency = places.count();
      gate.refit();
    },
    async drain() {
      brake.stop();
      gate.close();
      await worker.close();
    },
    running: () => running,
  };
}

function permitCount(model: Model): number {
  const wanted = model.deployments.reduce((sum, deployment) => sum + deployment.concurrency, 0);
  return Math.min(poolConcurrencyMax, Math.max(1, wanted));
}

interface TicketRun {
  readonly model: string;
  readonly job: Job<unknown, string>;
  readonly token: string;
  readonly brake: FetchBrake;
  readonly gate: Gate<SparePermit>;
  readonly places: Places;
}

/** M4. */
async function runTicket(deps: ModelPoolDeps, run: TicketRun): Promise<string> {
  const arrivedMs = deps.clock.monotonicMs();
  const pass = await run.gate.enter();
  // Draining: somebody else runs it.
  if (pass === undefined) return giveBack(deps, run, 0);
  try {
    return await runAtGate(deps, { ...run, pass, arrivedMs });
  } finally {
    await pass.inherited?.release();
    pass.leave();
  }
}

interface AdmittedRun extends TicketRun {
  readonly pass: GatePass<SparePermit>;
  readonly arrivedMs: number;
}

async function runAtGate(deps: ModelPoolDeps, run: AdmittedRun): Promise<string> {
  const ticket = decodeTicket(run.job.id, run.job.data);
  if (ticket === undefined) return 'not a ticket of ours';
  const model = deps.findModel(run.model);
  if (model === undefined || !deps.isHealthy()) {
    run.brake.hold(unfitPauseMs);
    return giveBack(deps, run, unfitPauseMs);
  }
  const holdMs = await holdFor(deps, model, ticket);
  // Taken before the permit is, so that the call ends before it does.
  const permitUntilMs = deps.clock.monotonicMs() + holdMs;
  const permit = await takePermit(deps, run.pass, {
    model: model.name,
    ticket: ticket.id,
    holder: deps.holder,
    deployments: deps.deploymentsNow(model),
    tokens: ticket.reservedTokens,
    holdMs,
  });
  if (permit.kind === 'denied') {
    const { scarce, retryInMs } = permit;
    deps.events.emit('permit.denied', { model: model.name, scarce, retryInMs });
    const looksForAll = run.brake.hold(Math.min(retryInMs, lookMs));
    return giveBack(deps, run, Math.min(retryInMs, looksForAll ? lookMs : lookMsOthers));
  }
  const waitedMs = deps.clock.monotonicMs() - run.arrivedMs;
  deps.events.emit('permit.granted', { model: model.name, waitedMs });
  crashPoint('worker.after-permit');
  const deployment = model.deployments.find((entry) => entry.id === permit.deployment);
  if (deployment === undefined) return giveBack(deps, run, 1_000);
  return execute(deps, { ticket, model, deployment, permitUntilMs, unit: permit.unit, run });
}

function takePermit(
  deps: ModelPoolDeps,
  { inherited }: GatePass<SparePermit>,
  request: PermitRequest,
): Promise<PermitResult> {
  if (inherited !== undefined) return inherited.exchangeFor(request);
  return persist(deps, 'acquire', () => deps.lanes.acquire(request));
}

/**
 * How long the permit counts if nobody gives it back: the longest that the call can last. This
 * host's clock only tells whether the deadline may come first; the store's says when it comes.
 */
async function holdFor(deps: ModelPoolDeps, model: Model, ticket: ReceivedTicket): Promise<number> {
  const { totalTimeoutMs } = model.timers;
  const { deadlineAtMs } = ticket;
  const comesFirst =
    deadlineAtMs !== undefined && deadlineAtMs < deps.clock.nowMs() + totalTimeoutMs;
  if (!comesFirst) return totalTimeoutMs + deps.permitSlackMs;
  const leftMs = Math.max(0, deadlineAtMs - (await deps.serverNowMs()));
  return Math.min(totalTimeoutMs, leftMs) + deps.permitSlackMs;
}

/** M1: before any claim, so nothing about the job has changed. */
async function giveBack(
  deps: Pick<ModelPoolDeps, 'clock'>,
  run: TicketRun,
  delayMs: number,
): Promise<never> {
  await run.job.moveToDelayed(deps.clock.nowMs() + delayMs, run.token);
  throw new DelayedError();
}

interface Permitted {
  readonly ticket: ReceivedTicket;
  readonly model: Model;
  readonly deployment: Deployment;
  readonly permitUntilMs: number;
  readonly unit: string | undefined;
  readonly run: AdmittedRun;
}

interface PermitFacts extends CallFacts {
  /** No call was made: the permit's unit of the requests per minute comes back. */
  readonly isUnused?: boolean;
}

async function execute(deps: ModelPoolDeps, permitted: Permitted): Promise<string> {
  const { ticket, model, deployment, permitUntilMs } = permitted;
  let release: Promise<void> | undefined;
  let written: (() => void) | undefined;
  const callEnded = (facts: PermitFacts): void => {
    written ??= permitted.run.places.beginWriting();
    release ??= giveBackPermit(deps, permitted, facts);
  };
  let outcome: ExecutionOutcome | undefined;
  try {
    outcome = await deps.execute({
      id: ticket.job,
      tenant: ticket.tenant,
      ticket: ticket.id,
      fence: ticket.fence,
      model,
      deployment,
      permitUntilMs,
      callEnded,
    });
  } finally {
    // Where no call was made, no token was used; after an error of ours nobody knows.
    const usedTokens = outcome === undefined ? undefined : 0;
    callEnded({ usedTokens, serviceMs: undefined, isUnused: outcome?.kind === 'stale' });
    await release;
    written?.();
  }
  // M2: a failed attempt fails its ticket with the class, for those who look at the queue.
  if (outcome.kind === 'failed') throw new UnrecoverableError(outcome.label);
  return outcome.label;
}

/** M4: to who waits at the gate, or to the store. */
async function giveBackPermit(
  deps: ModelPoolDeps,
  { ticket, model, deployment, unit, run }: Permitted,
  { usedTokens, serviceMs, lesson, end, isUnused }: PermitFacts,
): Promise<void> {
  const spare = createSparePermit(deps, {
    model: model.name,
    ticket: ticket.id,
    holder: deps.holder,
    deployment,
    reservedTokens: ticket.reservedTokens,
    usedTokens,
    serviceMs,
    lesson,
    end,
    unusedUnit: isUnused === true ? unit : undefined,
  });
  if (!run.pass.handOver(spare)) {
    await spare.release();
    run.pass.leave();
  }
  run.brake.release();
}
