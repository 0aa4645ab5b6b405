/** One model of one deployment: what has its own limits, faults and counts. */
export interface Lane {
  deployment: string;
  model: string;
}

/** A map key for a lane. */
export function laneKey(lane: Lane): string {
  return `${lane.deployment}\0${lane.model}`;
}
