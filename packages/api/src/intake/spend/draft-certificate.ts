/**
 * What a spend certificate says: every attempt of a job, and what each was charged by.
 *
 *  V1 It says nothing that the record does not: the price is the one that stood beside the attempt
 *     when it began, never today's.
 *  V2 The charges of the attempts are the job's spent and unknown. One that does not add up is an
 *     error, not a certificate.
 *  V3 The same version of a job gives the same certificate: no time of issue, no random part.
 */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import { attemptId, type JobId } from '@forebay/shared/domain/ids';
import type { Attempt, JobRecord } from '@forebay/shared/domain/job';
import { isTerminal } from '@forebay/shared/domain/job-state';
import type { JsonObject } from '@forebay/shared/domain/json';
import { formatUsd, type NanoUsd } from '@forebay/shared/domain/money';
import { timeText, viewUsage } from '../job-view.ts';

/** Raised when a reader of the present form could misread the next one. */
const certificateFormat = 1;

/** @throws ForebayError `internal` when the attempts do not add up to the job's cost (V2). */
export function draftCertificate(record: JobRecord): JsonObject {
  const sums = sumUp(record);
  return {
    object: 'spend_certificate',
    format: certificateFormat,
    status: isFinal(record) ? 'final' : 'provisional',
    job_id: record.id,
    tenant: record.tenant,
    job_status: record.state,
    job_version: record.version,
    as_of: timeText(record.history.at(-1)?.atMs ?? record.createdAtMs),
    created_at: timeText(record.createdAtMs),
    finished_at: timeText(record.finishedAtMs),
    requested_model: record.spec.requested,
    model: record.model,
    key_id: record.spec.keyId ?? null,
    batch_id: record.spec.batchId ?? null,
    custom_id: record.spec.customId ?? null,
    currency: 'USD',
    ceiling: formatUsd(record.money.ceiling),
    attempts: record.attempts.map((attempt) => viewLine(record.id, attempt)),
    sums: {
      spent: formatUsd(sums.spent),
      unknown: formatUsd(sums.unknown),
      charged: formatUsd(sums.spent + sums.unknown),
      reserved: formatUsd(record.money.reserved),
    },
  };
}

/** A late answer may still make an unknown cost known, and only ever lower it. */
function isFinal(record: JobRecord): boolean {
  return isTerminal(record.state) && record.attempts.every(({ end }) => end !== undefined);
}

function viewLine(job: JobId, attempt: Attempt): JsonObject {
  const { end, price } = attempt;
  return {
    id: attemptId(job, attempt.fence),
    n: attempt.n,
    model: attempt.model,
    deployment: attempt.deployment,
    why_chosen: attempt.whyChosen,
    started_at: timeText(attempt.startedAtMs),
    ended_at: timeText(end?.endedAtMs),
    outcome: end?.outcome ?? null,
    ambiguity: end?.ambiguity ?? null,
    wasted: end?.wasted ?? false,
    provider_request_id: end?.providerRequestId ?? null,
    usage: viewUsage(end?.usage),
    price: price === undefined ? null : { ...price, unit: 'nano_usd' },
    reserved: formatUsd(attempt.reservedNanoUsd),
    charged: end === undefined ? null : formatUsd(end.costNanoUsd),
    basis: end?.costIs ?? null,
  };
}

interface Sums {
  readonly spent: NanoUsd;
  readonly unknown: NanoUsd;
}

/** V2. */
function sumUp({ attempts, money }: JobRecord): Sums {
  const ends = attempts.flatMap(({ end }) => (end === undefined ? [] : [end]));
  const sum = (isUnknown: boolean): NanoUsd =>
    ends
      .filter(({ costIs }) => (costIs === 'worst_case') === isUnknown)
      .reduce((total, { costNanoUsd }) => total + costNanoUsd, 0n);
  const sums = { spent: sum(false), unknown: sum(true) };
  if (sums.spent === money.spent && sums.unknown === money.unknown) return sums;
  throw new ForebayError(
    'internal',
    `The attempts cost ${formatUsd(sums.spent)} + ${formatUsd(sums.unknown)} USD, the job ` +
      `${formatUsd(money.spent)} + ${formatUsd(money.unknown)} USD. Nothing was signed.`,
  );
}
