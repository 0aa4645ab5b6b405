/** One of the two that are compared. Both get the same jobs, the same store and provider. */
import type { Stage } from '../stage/open-stage.ts';

export interface SideOptions {
  /** Calls to the provider at the same time. */
  readonly concurrency: number;
}

export interface RunningSide {
  /** Takes in so many jobs at once and resolves when every answer is stored. */
  run(jobCount: number): Promise<void>;
  /** @throws Error unless exactly so many jobs have their answers. */
  verify(jobCount: number): Promise<void>;
}

export type SideName = 'bare' | 'forebay';

export type StartSide = (stage: Stage, options: SideOptions) => Promise<RunningSide>;
