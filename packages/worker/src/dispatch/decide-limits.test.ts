/** Whole lives of jobs: whatever happens to each attempt, no limit is ever passed. */
import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import { limits } from '@forebay/shared/domain/limits';
import { type ErrorClass, errorClasses, ruleOf } from '@forebay/shared/domain/outcome';
import type { RouteCandidate } from '@forebay/shared/domain/route-plan';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleCatalog, sampleLive, sampleModel } from '../../../../test/support/sample-catalog.ts';
import {
  failedEnd,
  sampleAttempt,
  sampleRecord,
  storedEnd,
} from '../../../../test/support/sample-record.ts';
import { decideNext } from './decide-next.ts';
import type { NextMove, ReassignCause } from './next-move.ts';

const seed = 20_261;
const worstCase = 4_400_000n;
const names = ['alpha', 'beta', 'gamma'];
const catalog = sampleCatalog(names.map((name) => sampleModel(name)));

/** What happens to one attempt. */
interface Blow {
  readonly errorClass: ErrorClass;
  readonly ambiguityPick: number;
  /** Share of the reservation that an answered attempt costs, in percent. */
  readonly costPercent: number;
  readonly tookMs: number;
  readonly retryAfterMs: number | undefined;
  readonly deadPools: readonly string[];
}

const blows: fc.Arbitrary<Blow> = fc.record({
  errorClass: fc.constantFrom(...errorClasses),
  ambiguityPick: fc.nat(3),
  costPercent: fc.integer({ min: 0, max: 100 }),
  tookMs: fc.integer({ min: 0, max: 900_000 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 900_000 }), { nil: undefined }),
  deadPools: fc.subarray(names),
});

function endOf(blow: Blow, reserved: bigint): AttemptSettlement['end'] {
  const { ambiguities } = ruleOf(blow.errorClass);
  const ambiguity = ambiguities[blow.ambiguityPick % ambiguities.length] ?? 'unknown';
  const base = failedEnd(blow.errorClass, { ambiguity, costNanoUsd: 0n, costIs: 'none' });
  if (ambiguity === 'unknown') return { ...base, costNanoUsd: reserved, costIs: 'worst_case' };
  if (ambiguity !== 'answered') return base;
  return { ...base, costNanoUsd: (reserved * BigInt(blow.costPercent)) / 100n, costIs: 'exact' };
}

interface Life {
  record: JobRecord;
  nowMs: number;
}

function claim(life: Life, candidate: Pick<RouteCandidate, 'model' | 'reservationNanoUsd'>): void {
  const fence = life.record.fence + 1;
  const reserved = BigInt(candidate.reservationNanoUsd);
  const n = life.record.attempts.length + 1;
  const attempt = sampleAttempt(candidate.model, { n, fence, reservedNanoUsd: reserved });
  life.record = {
    ...life.record,
    state: 'running',
    fence,
    model: candidate.model,
    money: { ...life.record.money, reserved },
    attempts: [...life.record.attempts, attempt],
  };
}

/** Ends the running attempt as told, and asks where the job goes. */
function strike(life: Life, blow: Blow): NextMove {
  const { record } = life;
  life.nowMs += blow.tookMs;
  const settlement = { fence: record.fence, end: endOf(blow, record.money.reserved) };
  const why: ReassignCause =
    blow.errorClass === 'lost_lease'
      ? { kind: 'lost_lease', settlement }
      : {
          kind: 'attempt_failed',
          settlement,
          retryAfterMs: blow.retryAfterMs,
        };
  const live = names.map(
    (name) => [name, sampleLive({ poolAlive: !blow.deadPools.includes(name) })] as const,
  );
  const move = decideNext({
    record,
    why,
    catalog,
    live: { takenAtMs: life.nowMs, models: new Map(live) },
    nowMs: life.nowMs,
    jitter: 0.5,
  });
  life.record = settled(record, settlement, blow.errorClass === 'lost_lease');
  return move;
}

function settled(record: JobRecord, settlement: AttemptSettlement, died: boolean): JobRecord {
  const { end } = settlement;
  const unknown = end.costIs === 'worst_case';
  return {
    ...record,
    fence: record.fence + 1,
    workerDeaths: record.workerDeaths + (died ? 1 : 0),
    money: {
      ...record.money,
      reserved: 0n,
      spent: record.money.spent + (unknown ? 0n : end.costNanoUsd),
      unknown: record.money.unknown + (unknown ? end.costNanoUsd : 0n),
    },
    attempts: record.attempts.map((attempt) =>
      attempt.fence === settlement.fence ? { ...attempt, end: storedEnd(end) } : attempt,
    ),
  };
}

const counted = (attempts: readonly Attempt[]): readonly Attempt[] =>
  attempts.filter((attempt) => attempt.end?.counted ?? false);

function checkMove({ record, nowMs }: Life, move: Extract<NextMove, { kind: 'move' }>): void {
  const { money } = record;
  const before = counted(record.attempts);
  expect(before.length).toBeLessThan(limits.attemptsMax);
  const onModel = before.filter((attempt) => attempt.model === move.candidate.model);
  expect(onModel.length).toBeLessThan(limits.attemptsPerModelMax);
  expect(record.workerDeaths).toBeLessThan(limits.workerDeathsMax);
  const total = money.spent + money.unknown + BigInt(move.candidate.reservationNanoUsd);
  expect(total <= money.ceiling).toBe(true);
  expect(nowMs + move.delayMs).toBeLessThan(record.deadlineAtMs);
  const last = record.attempts.at(-1);
  const wasRisky = last?.end !== undefined && isRisky(last);
  if (wasRisky) expect(before.filter(isRisky).length).toBeLessThanOrEqual(record.spec.riskRetries);
}

function isRisky({ end }: Attempt): boolean {
  if (end === undefined || end.outcome === 'succeeded') return false;
  return ['risk_retry', 'if_to_move_on'].includes(ruleOf(end.outcome).next);
}

test('no life of a job passes its attempts, its ceiling, its risk or its deadline', () => {
  const lives = fc.record({
    blows: fc.array(blows, { minLength: 1, maxLength: 12 }),
    riskRetries: fc.integer({ min: 0, max: limits.riskRetriesMax }),
    ceilingPercent: fc.integer({ min: 100, max: 500 }),
  });
  fc.assert(
    fc.property(lives, (plan) => {
      const ceiling = (worstCase * BigInt(plan.ceilingPercent)) / 100n;
      const base = sampleRecord();
      const spec = { ...base.spec, models: names, riskRetries: plan.riskRetries };
      const money = { ceiling, reserved: 0n, spent: 0n, unknown: 0n };
      const life: Life = { record: { ...base, spec, money }, nowMs: base.createdAtMs };
      claim(life, { model: 'alpha', reservationNanoUsd: worstCase.toString() });
      for (const blow of plan.blows) {
        const move = strike(life, blow);
        if (move.kind !== 'move') return;
        checkMove(life, move);
        life.nowMs += move.delayMs;
        claim(life, move.candidate);
      }
    }),
    { seed, numRuns: 500 },
  );
});
