/** The port to figures of the whole store, for those who watch it. Reading them changes nothing. */
import type { TerminalJobState } from '../domain/job-state.ts';
import type { BreakerState } from '../domain/live-figures.ts';
import type { Model } from '../domain/model-catalog.ts';
import type { PriorityClass } from '../domain/priority.ts';

/** One shard at one instant: `admitted` is the sum of `ended` and `live` (P25). */
export interface ShardFigures {
  /** Since the store was first opened. */
  readonly admitted: number;
  readonly ended: Readonly<Record<TerminalJobState, number>>;
  /** How often budgets have reached each share of their limit. */
  readonly thresholds: readonly { readonly percent: number; readonly count: number }[];
  /** Jobs that have not ended. */
  readonly live: number;
  /** Jobs whose check is due now, and by how much the first of them is late. */
  readonly overdue: number;
  readonly overdueMs: number;
  /** Webhook endpoints with events that are not delivered, and how late the first of these is. */
  readonly endpoints: number;
  readonly endpointsOverdueMs: number;
}

export interface ClassFigures {
  readonly priorityClass: PriorityClass;
  /** Tickets in the backlog; of classes with very many tenants, those of the first ones. */
  readonly waiting: number;
  /** When the oldest of the jobs that are next in their tenants' lines was submitted. */
  readonly oldestAtMs: number | undefined;
}

export interface DeploymentFigures {
  readonly id: string;
  readonly permitsInUse: number;
  /** How long it stays paused or stopped; 0 when it serves. */
  readonly pausedMs: number;
  readonly stoppedMs: number;
  readonly breaker: BreakerState;
  /** Since it was first called, or since a day without calls. */
  readonly breakerOpenings: number;
}

export interface LaneFigures {
  /** Tickets in the window, and the places that it has now. */
  readonly windowTickets: number;
  readonly windowPlaces: number;
  /** All tickets in the backlog. */
  readonly backlog: number;
  /** Workers with a sign of life. */
  readonly pools: number;
  /** The store's time of these figures. */
  readonly atMs: number;
  readonly classes: readonly ClassFigures[];
  readonly deployments: readonly DeploymentFigures[];
}

export interface ServerFigures {
  readonly memoryBytes: number;
  /** 0 when there is no limit. */
  readonly memoryLimitBytes: number;
  /** One round trip. */
  readonly pingMs: number;
}

export interface StoreFigures {
  readonly shardCount: number;
  readShard(shard: number): Promise<ShardFigures>;
  /** @param windowBase the window before throughput widens it. */
  readLane(model: Model, windowBase: number): Promise<LaneFigures>;
  /** All servers of the store together; the slowest ping. */
  readServer(): Promise<ServerFigures>;
}
