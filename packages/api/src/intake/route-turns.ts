/**
 * Whose turn it is on `round-robin` routes, counted by this process alone: a count over all
 * processes would cost a round trip before every admission. Of N jobs on a route with M eligible
 * models each process gives every model N ÷ M, rounded up or down; over P processes the counts
 * of two models differ by P at the most.
 */

export interface RouteTurns {
  of(route: string): Turns;
}

export interface Turns {
  /** The turn to come, from 0. */
  next(): number;
  /** Uses it up. */
  take(): void;
}

/** Bounded by the routes of the configuration; only their names are asked for. */
export function createRouteTurns(): RouteTurns {
  const counts = new Map<string, number>();
  return {
    of: (route) => ({
      next: () => counts.get(route) ?? 0,
      // From the start again long before a number is no longer exact.
      take: () => counts.set(route, ((counts.get(route) ?? 0) + 1) % Number.MAX_SAFE_INTEGER),
    }),
  };
}
