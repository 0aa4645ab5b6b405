/** What the bench measures: one row each. */
import { planTwenty } from './work/plan-twenty.ts';
import { classifyKilobyte, predictKilobyte } from './work/read-kilobyte.ts';

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

export interface LatencyScenario {
  readonly kind: 'latency';
  readonly name: string;
  readonly title: string;
  readonly jobCount: number;
  readonly warmUpCount: number;
  /** What is promised from the 202 to the provider's receipt of the call. */
  readonly addedP50MaxMs: number;
}

export interface DepthScenario {
  readonly kind: 'depth';
  readonly name: string;
  readonly title: string;
  /** Jobs that wait while others run, one measurement for each. */
  readonly depths: readonly number[];
  /** Too long for who asks for everything. */
  readonly onlyByName: boolean;
  readonly jobCount: number;
  readonly warmUpCount: number;
}

export interface WorkScenario {
  readonly kind: 'work';
  readonly name: string;
  readonly title: string;
  /** Gets everything ready; what it returns is one call of the work. */
  readonly prepare: () => () => void;
  readonly batchCalls: number;
  readonly warmUpCalls: number;
  /** What is promised of one call. */
  readonly medianMaxUs: number;
}

export type Scenario = ThroughputScenario | LatencyScenario | DepthScenario | WorkScenario;

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
  {
    kind: 'latency',
    name: 'idle',
    title: 'From the 202 to the provider, one job at a time',
    jobCount: 300,
    warmUpCount: 50,
    addedP50MaxMs: 6,
  },
  {
    kind: 'depth',
    name: 'depth',
    title: 'The cost of a job while 1,000 to 100,000 wait',
    depths: [1_000, 10_000, 100_000],
    onlyByName: false,
    jobCount: 4_000,
    warmUpCount: 2_000,
  },
  {
    kind: 'depth',
    name: 'depth-1m',
    title: 'The cost of a job while a million wait',
    depths: [1_000_000],
    onlyByName: true,
    jobCount: 4_000,
    warmUpCount: 2_000,
  },
  {
    kind: 'work',
    name: 'plan',
    title: 'Planning a job with 20 candidates',
    prepare: planTwenty,
    batchCalls: 500,
    warmUpCalls: 20_000,
    medianMaxUs: 100,
  },
  {
    kind: 'work',
    name: 'classify',
    title: 'Telling the task of a prompt of one kilobyte',
    prepare: classifyKilobyte,
    batchCalls: 500,
    warmUpCalls: 5_000,
    medianMaxUs: 50,
  },
  {
    kind: 'work',
    name: 'predict',
    title: 'Predicting quality for a prompt of one kilobyte, four models',
    prepare: predictKilobyte,
    batchCalls: 100,
    warmUpCalls: 1_000,
    medianMaxUs: 1_000,
  },
];
