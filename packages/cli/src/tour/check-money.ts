/**
 * Checks what jobs were charged against what the provider billed, attempt by attempt. It shares
 * no pricing with the router: both sides are only read and compared.
 *
 *  M1 A settled attempt was charged exactly its bill line.
 *  M2 An attempt whose end nobody knows was charged at least its bill line, if it has one.
 *  M3 An attempt that was not sent, or refused, has no bill line and no charge.
 *  M4 No bill line lacks an attempt, and no attempt has two.
 *  M5 A job's charges are the sum of its attempts, stay under its ceiling, and nothing is held
 *     for it after its end.
 */
import { formatUsd } from '@forebay/shared/domain/money';
import type { TourAttempt, TourJob } from './tour-job.ts';

export interface BillLine {
  readonly attemptId: string;
  readonly costNanoUsd: bigint;
}

export interface MoneyReport {
  readonly billed: bigint;
  readonly spent: bigint;
  readonly unknown: bigint;
  /** One sentence for each break of M1–M5; empty when the identity holds. */
  readonly breaks: readonly string[];
}

/** @param jobs all jobs that could have been billed. */
export function checkMoney(jobs: readonly TourJob[], bill: readonly BillLine[]): MoneyReport {
  const lines = groupByAttempt(bill);
  const attempts = jobs.flatMap((job) => job.attempts);
  const known = new Set(attempts.map((attempt) => attempt.id));
  const breaks = [
    ...attempts.flatMap((attempt) => checkAttempt(attempt, lines.get(attempt.id) ?? [])),
    ...[...lines.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `M4 the provider billed ${id || 'a call without an id'}, which no job has`),
    ...jobs.flatMap(checkJob),
  ];
  const billed = sum(bill.map((line) => line.costNanoUsd));
  const spent = sum(jobs.map((job) => job.cost.spent));
  const unknown = sum(jobs.map((job) => job.cost.unknown));
  if (billed > spent + unknown) breaks.push('the provider billed more than was charged');
  if (unknown === 0n && billed !== spent) breaks.push('nothing is unknown, yet the sums differ');
  return { billed, spent, unknown, breaks };
}

function checkAttempt(attempt: TourAttempt, lines: readonly BillLine[]): readonly string[] {
  const { id, ambiguity, chargedNanoUsd: charged } = attempt;
  if (lines.length > 1) return [`M4 ${id} was billed ${lines.length} times`];
  const billed = lines[0]?.costNanoUsd ?? 0n;
  const figures = `charged ${formatUsd(charged)}, billed ${formatUsd(billed)}`;
  switch (ambiguity) {
    case 'answered':
      return charged === billed ? [] : [`M1 ${id} was answered: ${figures}`];
    case 'unknown':
      return charged >= billed ? [] : [`M2 ${id} has an unknown end: ${figures}`];
    case 'refused':
    case 'not_sent':
      return charged === 0n && lines.length === 0 ? [] : [`M3 ${id} was ${ambiguity}: ${figures}`];
    default:
      return [`${id} has not ended`];
  }
}

/** M5. */
function checkJob(job: TourJob): readonly string[] {
  const { ceiling, reserved, spent, unknown } = job.cost;
  const charged = sum(job.attempts.map((attempt) => attempt.chargedNanoUsd));
  return [
    ...(spent + unknown <= ceiling ? [] : [`M5 ${job.id} cost more than its ceiling`]),
    ...(reserved === 0n ? [] : [`M5 ${job.id} has ended and still holds ${formatUsd(reserved)}`]),
    ...(charged === spent + unknown ? [] : [`M5 ${job.id}: its attempts do not add up`]),
  ];
}

function groupByAttempt(bill: readonly BillLine[]): ReadonlyMap<string, BillLine[]> {
  const groups = new Map<string, BillLine[]>();
  for (const line of bill)
    groups.set(line.attemptId, [...(groups.get(line.attemptId) ?? []), line]);
  return groups;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
