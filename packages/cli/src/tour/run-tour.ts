/**
 * The tour: submits real-looking jobs over HTTP, waits for all of them, and compares what
 * happened with what each line expects, with the provider's bill and with the webhook sink.
 */
import { randomUUID } from 'node:crypto';
import { defaultJobEvents } from '@forebay/shared/domain/job';
import { isJsonObject } from '@forebay/shared/domain/json';
import type { Clock } from '@forebay/shared/runtime/clock';
import { type BillLine, checkMoney, type MoneyReport } from './check-money.ts';
import {
  type AwaitedWebhook,
  allArrived,
  type CheckWebhooksInput,
  checkWebhooks,
  type WebhookReport,
} from './check-webhooks.ts';
import { findMoves } from './count-reassignments.ts';
import { formatReport, type ReportLinks } from './format-report.ts';
import { endOf, judgeTour, type TourResult } from './judge-tour.ts';
import { createProgress } from './progress.ts';
import {
  readBill,
  readDeliveries,
  type SimulatorTarget,
  waitForDeliveries,
} from './read-simulator.ts';
import {
  type ApiTarget,
  readJob,
  type SubmitAndWaitDeps,
  submitAndWait,
} from './submit-and-wait.ts';
import { readTourFile, type TourLine } from './tour-file.ts';
import type { TourJob } from './tour-job.ts';

export interface TourInput {
  readonly clock: Clock;
  readonly tourFile: string;
  readonly api: ApiTarget;
  readonly simulator: SimulatorTarget;
  readonly webhookSecret: string;
  readonly links: ReportLinks;
  /** Ends the tour early; it then counts as failed. */
  readonly signal: AbortSignal;
}

const jobPatienceMs = 150_000;
/** The first retry of a webhook comes after about 5 s. */
const webhookPatienceMs = 45_000;

/** @returns whether everything went as expected; what did not is printed. */
export async function runTour(input: TourInput): Promise<boolean> {
  const { clock, signal } = input;
  const lines = readTourFile(input.tourFile, { FOREBAY_SINK_URL: input.simulator.sinkUrl });
  const startedMs = clock.monotonicMs();
  const results = await runLines(input, lines);
  if (signal.aborted) return false;
  const webhooks = await collectWebhooks(input, results);
  const money = await collectMoney(input, results);
  const moves = findMoves(jobsOf(results));
  const evidence = { results, moves, money, webhooks };
  const shortfalls = judgeTour(evidence);
  const durationMs = clock.monotonicMs() - startedMs;
  const report = { ...evidence, shortfalls, durationMs, links: input.links };
  process.stdout.write(formatReport(report));
  return shortfalls.length === 0;
}

/** All lines at once: queueing them is the router's work, not the client's. */
async function runLines(
  input: TourInput,
  lines: readonly TourLine[],
): Promise<readonly TourResult[]> {
  const runId = randomUUID();
  const progress = createProgress(process.stderr, lines.length);
  const results = await Promise.all(
    lines.map(async (line) => {
      const outcome = await submitAndWait(input, {
        body: line.job,
        idempotencyKey: `tour-${runId}-${line.name}`,
        patienceMs: jobPatienceMs,
      });
      progress.advance(endOf(outcome));
      return { line, outcome };
    }),
  );
  progress.end();
  return results;
}

function jobsOf(results: readonly TourResult[]): readonly TourJob[] {
  return results.flatMap(({ outcome }) => (outcome.kind === 'rejected' ? [] : [outcome.job]));
}

async function collectWebhooks(
  input: TourInput,
  results: readonly TourResult[],
): Promise<WebhookReport> {
  const { clock, simulator, signal } = input;
  const awaited = results.flatMap(awaitedWebhook);
  const judge = (deliveries: CheckWebhooksInput['deliveries']): CheckWebhooksInput => ({
    awaited,
    deliveries,
    secret: input.webhookSecret,
    nowSeconds: Math.floor(clock.nowMs() / 1_000),
  });
  const deadlineMs = clock.monotonicMs() + webhookPatienceMs;
  let deliveries = await readDeliveries(simulator, signal);
  while (!allArrived(judge(deliveries)) && clock.monotonicMs() < deadlineMs) {
    const more = { count: deliveries.length, waitMs: 5_000 };
    deliveries = await waitForDeliveries(simulator, more, signal);
  }
  return checkWebhooks(judge(deliveries));
}

/** The end of a job whose line asked to be told about this end. */
function awaitedWebhook({ line, outcome }: TourResult): readonly AwaitedWebhook[] {
  const { webhook } = line.job;
  if (!isJsonObject(webhook) || outcome.kind !== 'ended') return [];
  const event = `job.${outcome.job.status}`;
  const asked: readonly unknown[] = Array.isArray(webhook['events'])
    ? webhook['events']
    : defaultJobEvents;
  return asked.includes(event) ? [{ job: outcome.job.id, event }] : [];
}

/** Jobs of an earlier run may have been finished by this one: they are billed too. */
async function collectMoney(
  input: TourInput & SubmitAndWaitDeps,
  results: readonly TourResult[],
): Promise<MoneyReport> {
  const bill = await readBill(input.clock, input.simulator, input.signal);
  const jobs = jobsOf(results);
  const own = new Set(jobs.map((job) => job.id));
  const earlierIds = new Set(bill.map(jobIdOf).filter((id) => !own.has(id)));
  const earlier = await Promise.all([...earlierIds].map((id) => readJob(input, id)));
  return checkMoney([...jobs, ...earlier.filter((job) => job !== undefined)], bill);
}

/** An attempt id is the job's id, a dot and a number. */
function jobIdOf(line: BillLine): string {
  return line.attemptId.slice(0, Math.max(0, line.attemptId.lastIndexOf('.')));
}
