/**
 * The port to a model's lane: its backlog and window (which tickets may stand in BullMQ), its
 * permits (which calls may run), its live figures. One model's lane lives on one slot.
 */
import type { BreakerChange } from '../domain/breaker.ts';
import type { ContentClass } from '../domain/content-class.ts';
import type { JobId, TenantId, TicketId } from '../domain/ids.ts';
import type { AttemptOutcome } from '../domain/job.ts';
import type { Deployment } from '../domain/model-catalog.ts';
import type { PriorityClass } from '../domain/priority.ts';
import type { LaneHold, ModelLive } from '../domain/route-plan.ts';
import type { Ticket } from '../domain/ticket.ts';

/** `window`: it must stand in BullMQ. `backlog`: the feeder will bring it there. */
export type OfferResult = 'window' | 'backlog';

/** A ticket that stands in a lane. */
export interface PlacedTicket {
  readonly id: TicketId;
  readonly job: JobId;
  readonly fence: number;
  readonly tenant: TenantId;
}

export interface TakenTicket {
  readonly ticket: Ticket;
  /** A guaranteed share: to be stamped urgent inside the window. */
  readonly guaranteed: boolean;
}

export interface TicketPlace {
  readonly place: 'backlog' | 'window' | 'none';
  /** Tickets that will probably start earlier; approximate. */
  readonly ahead: number;
  /** Those among them of a more urgent class. */
  readonly moreUrgent: number;
}

/** Free places of a lane that are asked for, for jobs that would move there. */
export interface PlacesWish {
  readonly model: string;
  /** Makes the wish: asked again, it gets what it got. */
  readonly token: string;
  readonly wanted: number;
  /**
   * How many may run and wait in the lane with them, those that others keep places for included.
   * When absent they go into free places only.
   */
  readonly standingMax?: number | undefined;
  /** What each deployment that serves may run at the same time now. */
  readonly deployments: readonly { readonly id: string; readonly concurrency: number }[];
  /** How long the places are kept if nobody gives them back. */
  readonly holdMs: number;
}

export interface PermitRequest {
  readonly model: string;
  readonly ticket: TicketId;
  /** Which process asks: two that got the same ticket hold two permits. */
  readonly holder: string;
  readonly deployments: readonly Deployment[];
  readonly tokens: number;
  /** How long the permit counts if nobody gives it back: the longest possible call. */
  readonly holdMs: number;
}

export type PermitResult =
  | {
      readonly kind: 'granted';
      readonly deployment: string;
      /** What the call took of the requests per minute; only the store reads it. */
      readonly unit: string | undefined;
    }
  /** `scarce` names what ran out. */
  | {
      readonly kind: 'denied';
      readonly retryInMs: number;
      readonly scarce: 'concurrency' | 'rpm' | 'tpm' | 'paused' | 'stopped' | 'held' | 'breaker';
    };

export interface PermitReturn {
  readonly model: string;
  readonly ticket: TicketId;
  readonly holder: string;
  readonly deployment: Deployment;
  readonly reservedTokens: number;
  /** Tokens really used, to correct the TPM bucket; `undefined` leaves the reservation. */
  readonly usedTokens: number | undefined;
  /** Service time of a complete answer, for the live figures; `undefined` for failures. */
  readonly serviceMs: number | undefined;
  /** What the call says about the guess at its tokens; `undefined` when it says nothing. */
  readonly lesson?: TokenLesson | undefined;
  /** Of the permit, where no call was made: as much of it comes back as is not over yet. */
  readonly unusedUnit?: string | undefined;
  /** How the call ended, for the live figures and the breaker; `undefined` when none was made. */
  readonly end?: CallEnd | undefined;
}

/** How a call ended. */
export interface CallEnd {
  readonly outcome: AttemptOutcome;
  readonly totalMs: number;
  /** `undefined` when no byte came. */
  readonly firstByteMs: number | undefined;
  /** As the provider reported them. */
  readonly outputTokens: number | undefined;
  /** Whether a deadline of ours ended a silence that no working provider keeps. */
  readonly hasHung?: boolean | undefined;
}

/** What an operator does to the breaker of a deployment. */
export interface BreakerOrder {
  readonly deployment: Deployment;
  readonly state: 'open' | 'closed';
  /** Open, or not opened by failures, for so long; 0 for one that is only closed. */
  readonly forMs: number;
  readonly by: string;
  readonly why: string | undefined;
}

export interface ExchangeResult {
  readonly permit: PermitResult;
  readonly breaker: BreakerChange | undefined;
}

/** Real input tokens of a call for each guessed one. */
export interface TokenLesson {
  readonly content: ContentClass;
  readonly factor: number;
}

export interface LaneStore {
  /**
   * Gives tickets of one model their places, one after the other.
   *
   * @param windowBase the window before throughput widens it.
   * @returns a place for each ticket, in their order.
   */
  offer(
    model: string,
    tickets: readonly Ticket[],
    windowBase: number,
  ): Promise<readonly OfferResult[]>;
  /** Moves tickets from the backlog into free window places, fairly; at most `limit`. */
  take(request: {
    model: string;
    windowBase: number;
    limit: number;
  }): Promise<readonly TakenTicket[]>;
  /** Takes a ticket out of backlog and window. */
  withdraw(model: string, ticket: TicketId): Promise<void>;
  place(model: string, ticket: TicketId): Promise<TicketPlace>;
  /** Window places older than `ageMs`, oldest first: each should still have its BullMQ entry. */
  listStaleWindow(model: string, ageMs: number, limit: number): Promise<readonly PlacedTicket[]>;
  /** Some tickets of the backlog, at random. */
  listWaiting(model: string, limit: number): Promise<readonly PlacedTicket[]>;
  /** Tickets of one class in backlog and window, oldest job first, from the `from`-th on. */
  listClass(
    model: string,
    wanted: {
      readonly priorityClass: PriorityClass;
      readonly from: number;
      readonly limit: number;
    },
  ): Promise<readonly PlacedTicket[]>;
  /**
   * Keeps free places for jobs that are about to move to the lane, so that all who move jobs there
   * at the same time move no more than fit.
   *
   * @returns how many, at most as many as wanted.
   */
  keepPlaces(wish: PlacesWish): Promise<number>;
  /** The jobs stand there by now, or will not come. */
  releasePlaces(model: string, token: string): Promise<void>;
  acquire(request: PermitRequest): Promise<PermitResult>;
  /** @returns what became of the breaker of its deployment, if anything. */
  release(permit: PermitReturn): Promise<BreakerChange | undefined>;
  /** Gives one permit back and takes the next, in one step; both of one model. */
  exchange(permit: PermitReturn, next: PermitRequest): Promise<ExchangeResult>;
  /** No call starts on the deployment before then; the later of two pauses holds. */
  pause(model: string, deployment: string, forMs: number): Promise<void>;
  /**
   * Takes the deployment out for `limits.deploymentStopMs`: its credentials or quota are refused.
   *
   * @returns whether it was in use until now, so that one process raises the alarm.
   */
  stop(model: string, deployment: string): Promise<boolean>;
  /**
   * An operator holds the model, or lets it go with `undefined`: no call starts while it is held.
   *
   * @returns how it was held until now.
   */
  hold(model: string, hold: LaneHold | undefined): Promise<LaneHold | undefined>;
  /**
   * Opens the breaker of a deployment by hand, or closes it.
   *
   * @returns how it stood until now.
   * @throws Error when the deployment has none.
   */
  setBreaker(model: string, order: BreakerOrder): Promise<BreakerChange['state']>;
  /** @param holder as in its permits: the call of one without a sign of life is given up. */
  heartbeat(model: string, holder: string): Promise<void>;
  live(model: string, deployments: readonly Deployment[]): Promise<ModelLive>;
}
