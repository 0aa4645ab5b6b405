/** What can be counted on in a lane whose calls nobody has timed: its free places alone. */
import type { ModelLive } from '../domain/route-plan.ts';

/** Whether a further call would find a place, pauses and breakers aside. */
export function hasFreePlace({ running, waiting, concurrency }: ModelLive): boolean {
  return running + waiting < concurrency;
}
