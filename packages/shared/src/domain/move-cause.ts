/**
 * Why a job that waited went to another model; where an attempt went before, that one says why.
 *
 * `over_ceiling`, `over_budget`: what was left did not buy it. `promoted`: it waited too long.
 */
export type MoveCause = LaneClosure | 'over_ceiling' | 'over_budget' | 'promoted';

/**
 * No living worker; credentials or quota refused; calls fail; its provider asked to wait; an
 * operator; not configured.
 */
export type LaneClosure =
  | 'pool_dead'
  | 'stopped'
  | 'breaker_open'
  | 'paused'
  | 'drained'
  | 'removed';
