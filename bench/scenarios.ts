/** What the bench measures: one row each. */

export interface ThroughputScenario {
  readonly kind: 'throughput';
  readonly name: string;
  readonly title: string;
  /** How long the provider takes to answer. */
  readonly latencyMs: number;
  /** Calls at the same time. */
  readonly concurrency: number;
  /** Enough for some seconds on the slower side. */
  readonly jobCount: number;
  /** Run before the clock starts, so that both sides' code is compiled and connections stand. */
  readonly warmUpCount: number;
  /** The least share of bare BullMQ's jobs per second that is promised. */
  readonly ratioMin: number;
}

export type Scenario = ThroughputScenario;

export const scenarios: readonly Scenario[] = [
  {
    kind: 'throughput',
    name: '0ms-50',
    title: 'A provider that answers at once, 50 calls at a time',
    latencyMs: 0,
    concurrency: 50,
    jobCount: 8_000,
    warmUpCount: 2_000,
    ratioMin: 0.35,
  },
  {
    kind: 'throughput',
    name: '200ms-50',
    title: 'A provider that takes 200 ms, 50 calls at a time',
    latencyMs: 200,
    concurrency: 50,
    jobCount: 1_500,
    warmUpCount: 500,
    ratioMin: 0.98,
  },
  {
    kind: 'throughput',
    name: '200ms-500',
    title: 'A provider that takes 200 ms, 500 calls at a time',
    latencyMs: 200,
    concurrency: 500,
    jobCount: 10_000,
    warmUpCount: 2_000,
    ratioMin: 0.8,
  },
];
