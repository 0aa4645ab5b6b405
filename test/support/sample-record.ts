/** A job record as the store would give it, and attempts in it, for tests of what reads them. */
import { newJobId } from '@forebay/shared/domain/ids';
import type { Attempt, AttemptEnd, JobRecord } from '@forebay/shared/domain/job';
import type { ErrorClass } from '@forebay/shared/domain/outcome';
import { ruleOf } from '@forebay/shared/domain/outcome';
import type { AttemptSettlement } from '@forebay/shared/ports/job-store';
import { sampleFeatures } from './sample-catalog.ts';
import { candidateFor, plainSpec, planFor, testTenant } from './store.ts';

/** One dollar: more than all attempts of a test together. */
const sampleCeiling = 1_000_000_000n;

/** A job that waits for `alpha`, was made at 1,000,000 and has an hour. */
export function sampleRecord(changes: Partial<JobRecord> = {}): JobRecord {
  return {
    schema: 1,
    id: newJobId(),
    tenant: testTenant,
    state: 'queued',
    statusReason: { code: 'queued', text: 'waiting for a place' },
    version: 1,
    fence: 1,
    spec: { ...plainSpec, features: sampleFeatures() },
    priority: 5,
    createdAtMs: 1_000_000,
    runAtMs: undefined,
    startedAtMs: undefined,
    finishedAtMs: undefined,
    cancelRequestedAtMs: undefined,
    deadlineAtMs: 4_600_000,
    leaseUntilMs: undefined,
    notBeforeMs: 0,
    model: 'alpha',
    whyChosen: 'the first',
    plan: planFor(candidateFor('alpha', 400n)),
    money: { ceiling: sampleCeiling, reserved: 400n, spent: 0n, unknown: 0n },
    attempts: [],
    workerDeaths: 0,
    usage: undefined,
    error: undefined,
    hasResult: false,
    history: [],
    ...changes,
  };
}

/** An attempt that still runs. */
export function sampleAttempt(model: string, changes: Partial<Attempt> = {}): Attempt {
  return {
    n: 1,
    fence: 2,
    model,
    deployment: `${model}/main`,
    worker: 'w1',
    startedAtMs: 1_000_000,
    whyChosen: 'the first',
    reservedNanoUsd: 400n,
    end: undefined,
    ...changes,
  };
}

type SettledEnd = AttemptSettlement['end'];

/** How an attempt of this class ends: with the first ambiguity that the class can have. */
export function failedEnd(errorClass: ErrorClass, changes: Partial<SettledEnd> = {}): SettledEnd {
  const ambiguity = ruleOf(errorClass).ambiguities[0] ?? 'unknown';
  return {
    outcome: errorClass,
    ambiguity,
    error: undefined,
    usage: undefined,
    costNanoUsd: ambiguity === 'unknown' ? 400n : 0n,
    costIs: ambiguity === 'unknown' ? 'worst_case' : 'none',
    providerRequestId: undefined,
    counted: errorClass !== 'shutdown',
    ...changes,
  };
}

/** The end as it stands in a record that is read later. */
export function storedEnd(end: SettledEnd): AttemptEnd {
  return { ...end, endedAtMs: 1_000_100, wasted: false };
}
