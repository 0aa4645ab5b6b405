import { type Lane, laneKey } from '../calls/lane.ts';
import type { FaultRule } from '../scenario/scenario.ts';
import type { SeededRandom } from '../text/seeded-random.ts';
import type { Fault } from './fault.ts';

/** Decides by the scenario's rules which fault, if any, a call gets. */
export class FaultChooser {
  /** Calls each rule has seen, per lane. A new scenario has new rules, so it starts at zero. */
  readonly #seen = new WeakMap<FaultRule, Map<string, number>>();

  /** The first rule that fires wins; every rule whose text fits counts the call. */
  choose(
    call: { lane: Lane; promptText: string; random: SeededRandom },
    rules: readonly FaultRule[],
  ): Fault | null {
    let chosen: Fault | null = null;
    for (const rule of rules) {
      if (rule.contains !== null && !call.promptText.includes(rule.contains)) continue;
      const fires = ruleFires(rule, this.#count(rule, call.lane), call.random);
      if (fires && chosen === null) chosen = rule.fault;
    }
    return chosen;
  }

  #count(rule: FaultRule, lane: Lane): number {
    const counts = this.#seen.get(rule) ?? new Map<string, number>();
    const seen = (counts.get(laneKey(lane)) ?? 0) + 1;
    counts.set(laneKey(lane), seen);
    this.#seen.set(rule, counts);
    return seen;
  }
}

function ruleFires(rule: FaultRule, seen: number, random: SeededRandom): boolean {
  // Drawn for every call, so that adding a rule of counts does not shift the chances of others.
  const drawn = random.next();
  if (rule.probability !== null && drawn >= rule.probability) return false;
  if (rule.every !== null && seen % rule.every !== 0) return false;
  if (rule.first !== null && seen > rule.first) return false;
  return rule.after === null || seen > rule.after;
}
