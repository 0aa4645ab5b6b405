import type { CallLine } from '../bill/call-line.ts';
import { type Lane, laneKey } from '../calls/lane.ts';
import type { SimulatorState } from '../simulator-state.ts';

/** Counts of one lane. */
export interface LaneStats extends Lane {
  in_flight: number;
  max_in_flight: number;
  held: number;
  calls: number;
  billed: number;
  by_ending: Record<string, number>;
  by_fault: Record<string, number>;
}

export interface SimulatorStats {
  in_flight: number;
  calls: number;
  billed: number;
  cost_nano_usd: string;
  /** Lines that no longer fit in memory and are missing from all counts. */
  forgotten_lines: number;
  lanes: LaneStats[];
}

/** Sums up what is in memory now. */
export function simulatorStats(state: SimulatorState): SimulatorStats {
  const calls = state.book.calls();
  const lanes = new Map<string, LaneStats>();
  for (const { deployment, model, inFlight, maxInFlight } of state.load.all()) {
    const held = state.gate.heldCount({ deployment, model });
    const counts = { calls: 0, billed: 0, by_ending: {}, by_fault: {} };
    const load = { in_flight: inFlight, max_in_flight: maxInFlight, held };
    lanes.set(laneKey({ deployment, model }), { deployment, model, ...load, ...counts });
  }
  for (const line of calls) {
    const lane = lanes.get(laneKey({ deployment: line.deployment, model: line.model ?? '' }));
    if (lane !== undefined) countLine(lane, line);
  }
  const bill = calls.filter((line) => line.billed);
  const all = [...lanes.values()];
  return {
    in_flight: all.reduce((sum, lane) => sum + lane.in_flight, 0),
    calls: calls.length,
    billed: bill.length,
    cost_nano_usd: bill.reduce((sum, line) => sum + BigInt(line.cost_nano_usd), 0n).toString(),
    forgotten_lines: state.book.forgottenCount,
    lanes: all,
  };
}

function countLine(lane: LaneStats, line: CallLine): void {
  lane.calls += 1;
  if (line.billed) lane.billed += 1;
  lane.by_ending[line.ending] = (lane.by_ending[line.ending] ?? 0) + 1;
  if (line.fault !== null) lane.by_fault[line.fault] = (lane.by_fault[line.fault] ?? 0) + 1;
}
