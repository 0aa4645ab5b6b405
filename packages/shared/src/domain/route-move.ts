/**
 * One move of a job: the plan that it was on until then, in brief, and why it left. The plan that
 * it is on now stands on the job in full, so that both together tell its whole way.
 */
import type { ExclusionCode } from './route-plan.ts';

export interface RouteMove {
  /** From 1; numbers are missing where a job moved more often than is kept. */
  readonly n: number;
  /** Server time in milliseconds since 1970, as are all times here. */
  readonly atMs: number;
  readonly from: string;
  /** The same model where it only tries again. */
  readonly to: string;
  /** As the job said it then. */
  readonly reason: { readonly code: string; readonly text: string };
  readonly plannedAtMs: number;
  /** The best of the candidates. */
  readonly compared: readonly ComparedModel[];
  readonly excluded: readonly { readonly model: string; readonly code: ExclusionCode }[];
}

/** A candidate of a plan that a job has left; see `RouteCandidate`. */
export interface ComparedModel {
  readonly model: string;
  readonly score: number;
  readonly expectedNanoUsd: string;
  readonly startMs?: number | undefined;
  readonly expectedMs?: number | undefined;
}
