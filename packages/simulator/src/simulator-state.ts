import type { CallBook } from './bill/call-book.ts';
import { HoldGate } from './calls/hold-gate.ts';
import { LoadTable } from './calls/load-table.ts';
import { RateTable } from './calls/rate-table.ts';
import { RequestLog } from './calls/request-log.ts';
import { FaultChooser } from './faults/choose-fault.ts';
import { OccurrenceCounter } from './faults/occurrence-counter.ts';
import type { Scenario } from './scenario/scenario.ts';

/** Everything one simulator remembers between calls. */
export class SimulatorState {
  readonly seed: number;
  readonly book: CallBook;
  readonly load = new LoadTable();
  readonly rates = new RateTable();
  readonly gate = new HoldGate();
  readonly requests = new RequestLog();
  readonly chooser = new FaultChooser();
  /** How often each prompt came to each lane: the draw of a repeat is another one. */
  readonly prompts = new OccurrenceCounter();
  /** How often each marker with `times=` was seen. */
  readonly markers = new OccurrenceCounter();
  #scenario: Scenario;

  constructor(start: { seed: number; book: CallBook; scenario: Scenario }) {
    this.seed = start.seed;
    this.book = start.book;
    this.#scenario = start.scenario;
  }

  get scenario(): Scenario {
    return this.#scenario;
  }

  /** Takes another scenario; its counts, windows and draws start anew, bill and holds stay. */
  replaceScenario(scenario: Scenario): void {
    this.#scenario = scenario;
    this.rates.clear();
    this.prompts.clear();
    this.markers.clear();
  }
}
