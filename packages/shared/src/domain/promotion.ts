/** A job that waited too long and was moved to a model that had a place for it. */
import type { NanoUsd } from './money.ts';

export interface JobPromotion {
  readonly from: string;
  readonly to: string;
  /** What the job will probably cost more there; below zero where it costs less. */
  readonly premiumNanoUsd: NanoUsd;
  /** About how much longer it would have waited; `undefined` where nobody could say. */
  readonly savedMs: number | undefined;
  /** Server time in milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * What the jobs of a class may wait before they are moved: so many milliseconds, or as long as
 * their deadline is not in danger, or for ever.
 */
export type PromotionLimit = number | 'deadline' | 'off';

/** Classes whose jobs may move; bulk work never does. */
export const promotedClasses = ['urgent', 'high', 'normal', 'low'] as const;

export type PromotedClass = (typeof promotedClasses)[number];

export interface PromotionSettings {
  readonly limits: Readonly<Record<PromotedClass, PromotionLimit>>;
  /** Whether jobs that name one model may move to its fallbacks. */
  readonly toFallbacks: boolean;
}
